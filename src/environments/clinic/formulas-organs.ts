/** Formulas of metabolism, liver, heart and lungs. Each is what its source says, in US units. */
import type { Formula } from './formula.ts'

const MELD = 'm=round(3.78*log(max(bilirubin,1))+11.2*log(max(inr,1))+9.57*log(min(max(creatinine,1),4))+6.43)'

export const organFormulas = {
  /** Friedewald et al. 1972, Clin Chem 18:499. */
  ldl: {
    name: 'LDL cholesterol (Friedewald)',
    short: 'LDL',
    unit: 'mg/dL',
    needs: ['cholesterol', 'hdl', 'triglycerides'],
    code: 'cholesterol-hdl-triglycerides/5',
    ranges: { cholesterol: [180, 310] },
  },
  /** Matthews et al. 1985, Diabetologia 28:412. */
  'homa-ir': {
    name: 'HOMA-IR (fasting)',
    short: 'HOMA',
    unit: '',
    needs: ['glucose', 'insulin'],
    code: 'glucose*insulin/405',
    ranges: { glucose: [72, 160] },
  },
  /** Nathan et al. 2008, Diabetes Care 31:1473. */
  'average-glucose': {
    name: 'estimated average glucose',
    short: 'eAG',
    unit: 'mg/dL',
    needs: ['a1c'],
    code: '28.7*a1c-46.7',
  },
  /** Sterling et al. 2006, Hepatology 43:1317. */
  'fib-4': {
    name: 'FIB-4 index',
    short: 'FIB4',
    unit: '',
    needs: ['age', 'ast', 'platelets', 'alt'],
    code: 'age*ast/(platelets*sqrt(alt))',
  },
  /** Wai et al. 2003, Hepatology 38:518. */
  apri: {
    name: 'AST to platelet ratio index (upper limit of normal AST 40 U/L)',
    short: 'APRI',
    unit: '',
    needs: ['ast', 'platelets'],
    code: 'ast/40/platelets*100',
    heldOut: true,
  },
  /** Maddrey et al. 1978, Gastroenterology 75:193, as modified by Carithers 1989, Ann Intern Med 110:685. */
  maddrey: {
    name: "Maddrey's discriminant function (control prothrombin time 12 s)",
    short: 'MDF',
    unit: '',
    needs: ['prothrombin_time', 'bilirubin'],
    code: '4.6*(prothrombin_time-12)+bilirubin',
  },
  /** Kamath et al. 2001, Hepatology 33:464, with the bounds of UNOS. */
  meld: {
    name: 'MELD score (bilirubin, INR and creatinine at least 1, creatinine at most 4, rounded)',
    short: 'MELD',
    unit: '',
    needs: ['bilirubin', 'inr', 'creatinine'],
    code: `${MELD}\nm`,
    score: true,
    hint: 'The patient is not on dialysis.',
  },
  /** Kim et al. 2008, N Engl J Med 359:1018, in the form of UNOS 2016. */
  'meld-na': {
    name: 'MELD-Na score (UNOS 2016: from the rounded MELD; sodium from 125 to 137; where MELD is above 11; rounded)',
    short: 'MELDNa',
    unit: '',
    needs: ['bilirubin', 'inr', 'creatinine', 'sodium'],
    code: `${MELD}\nd=137-min(max(sodium,125),137)\nround(m+1.32*d-0.033*m*d) if m>11 else m`,
    score: true,
    hint: 'The patient is not on dialysis.',
  },
  /** The mean of a cuff's two pressures, two thirds diastolic: Meaney et al. 2000, Heart 84:64. */
  'mean-pressure': {
    name: 'mean arterial pressure',
    short: 'MAP',
    unit: 'mmHg',
    needs: ['systolic', 'diastolic'],
    code: '(systolic+2*diastolic)/3',
    heldOut: true,
    ranges: { systolic: [106, 188] },
  },
  /** Allgöwer and Burri 1967, Dtsch Med Wochenschr 92:1947. */
  'shock-index': {
    name: 'shock index',
    short: 'SI',
    unit: '',
    needs: ['heart_rate', 'systolic'],
    code: 'heart_rate/systolic',
  },
  /** Bazett 1920, Heart 7:353. */
  'qtc-bazett': {
    name: 'corrected QT interval (Bazett)',
    short: 'QTcB',
    unit: 'ms',
    needs: ['qt', 'heart_rate'],
    code: 'qt/sqrt(60/heart_rate)',
  },
  /** Fridericia 1920, Acta Med Scand 53:469. */
  'qtc-fridericia': {
    name: 'corrected QT interval (Fridericia)',
    short: 'QTcF',
    unit: 'ms',
    needs: ['qt', 'heart_rate'],
    code: 'qt/(60/heart_rate)**(1/3)',
  },
  /** Sagie et al. 1992, Am J Cardiol 70:797. */
  'qtc-framingham': {
    name: 'corrected QT interval (Framingham)',
    short: 'QTcFra',
    unit: 'ms',
    needs: ['qt', 'heart_rate'],
    code: 'qt+154*(1-60/heart_rate)',
    heldOut: true,
  },
  /** Hodges et al. 1983, J Am Coll Cardiol 1:694. */
  'qtc-hodges': {
    name: 'corrected QT interval (Hodges)',
    short: 'QTcH',
    unit: 'ms',
    needs: ['qt', 'heart_rate'],
    code: 'qt+1.75*(heart_rate-60)',
  },
  /** Alveolar gas equation at sea level (760 and 47 mmHg, quotient 0.8): Fenn et al. 1946, Am J Physiol 146:637. */
  'a-a-gradient': {
    name: 'alveolar-arterial oxygen gradient (sea level, respiratory quotient 0.8)',
    short: 'A-a',
    unit: 'mmHg',
    needs: ['inspired_oxygen', 'carbon_dioxide_tension', 'oxygen_tension'],
    code: 'inspired_oxygen/100*(760-47)-carbon_dioxide_tension/0.8-oxygen_tension',
    ranges: { inspired_oxygen: [35, 60], oxygen_tension: [48, 98] },
  },
  /** Horovitz et al. 1974, Arch Surg 108:349. */
  'p-f-ratio': {
    name: 'ratio of arterial to inspired oxygen (P/F)',
    short: 'P/F',
    unit: 'mmHg',
    needs: ['oxygen_tension', 'inspired_oxygen'],
    code: 'oxygen_tension/(inspired_oxygen/100)',
  },
} as const satisfies Record<string, Formula>

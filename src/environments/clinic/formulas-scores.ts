/** Scores: points for what is found. Each is what its source says; a score is right only where it is exact. */
import type { Formula } from './formula.ts'

export const scoreFormulas = {
  /** Lip et al. 2010, Chest 137:263. */
  'cha2ds2-vasc': {
    name: 'CHA2DS2-VASc score',
    short: 'CHADSVASc',
    unit: '',
    needs: ['heart_failure', 'hypertension', 'age', 'diabetes', 'stroke', 'vascular_disease', 'female'],
    code: 'heart_failure+hypertension+2*(age>=75)+(65<=age<75)+diabetes+2*stroke+vascular_disease+female',
    score: true,
    ranges: { age: [48, 92] },
  },
  /** Pisters et al. 2010, Chest 138:1093. */
  'has-bled': {
    name: 'HAS-BLED score (hypertension counts where systolic pressure is above 160 mmHg)',
    short: 'HASBLED',
    unit: '',
    needs: [
      'systolic',
      'renal_disease',
      'liver_disease',
      'stroke',
      'bleeding',
      'labile_inr',
      'age',
      'antiplatelets',
      'alcohol',
    ],
    code: '(systolic>160)+renal_disease+liver_disease+stroke+bleeding+labile_inr+(age>65)+antiplatelets+alcohol',
    score: true,
    ranges: { age: [48, 92] },
  },
  /** Lim et al. 2003, Thorax 58:377; 19 mg/dL of urea nitrogen are 7 mmol/L of urea. */
  'curb-65': {
    name: 'CURB-65 score (urea nitrogen above 19 mg/dL)',
    short: 'CURB65',
    unit: '',
    needs: ['confusion', 'urea_nitrogen', 'respiratory_rate', 'systolic', 'diastolic', 'age'],
    code: 'confusion+(urea_nitrogen>19)+(respiratory_rate>=30)+(systolic<90 or diastolic<=60)+(age>=65)',
    score: true,
  },
  /** Wells et al. 2000, Thromb Haemost 83:416. */
  'wells-pe': {
    name: "Wells' score for pulmonary embolism",
    short: 'WellsPE',
    unit: '',
    needs: ['clot_signs', 'embolism_likeliest', 'heart_rate', 'immobile', 'venous_thrombosis', 'haemoptysis', 'cancer'],
    code: '3*clot_signs+3*embolism_likeliest+1.5*(heart_rate>100)+1.5*immobile+1.5*venous_thrombosis+haemoptysis+cancer',
    score: true,
  },
  /** Wells et al. 2003, N Engl J Med 349:1227. */
  'wells-dvt': {
    name: "Wells' score for deep vein thrombosis (2003)",
    short: 'WellsDVT',
    unit: '',
    needs: [
      'cancer',
      'paralysis',
      'immobile',
      'tenderness',
      'whole_leg',
      'calf',
      'pitting',
      'collaterals',
      'venous_thrombosis',
      'otherwise_explained',
    ],
    code: 'cancer+paralysis+immobile+tenderness+whole_leg+calf+pitting+collaterals+venous_thrombosis-2*otherwise_explained',
    score: true,
  },
  /** Kline et al. 2004, J Thromb Haemost 2:1247. */
  perc: {
    name: 'number of PERC criteria that are positive',
    short: 'PERC',
    unit: '',
    needs: [
      'age',
      'heart_rate',
      'saturation',
      'leg_swelling',
      'haemoptysis',
      'immobile',
      'venous_thrombosis',
      'oestrogen',
    ],
    code: '(age>=50)+(heart_rate>=100)+(saturation<95)+leg_swelling+haemoptysis+immobile+venous_thrombosis+oestrogen',
    score: true,
  },
  /** Centor's score with points for age: McIsaac et al. 1998, CMAJ 158:75. */
  centor: {
    name: 'Centor score as modified by McIsaac',
    short: 'Centor',
    unit: '',
    needs: ['exudate', 'tender_nodes', 'temperature', 'cough', 'age'],
    code: 'exudate+tender_nodes+(temperature>38)+(1-cough)+(1 if age<15 else 0 if age<45 else -1)',
    score: true,
    heldOut: true,
  },
  /** Blatchford et al. 2000, Lancet 356:1318, in mg/dL of urea nitrogen. */
  'glasgow-blatchford': {
    name: 'Glasgow-Blatchford score',
    short: 'GBS',
    unit: '',
    needs: [
      'urea_nitrogen',
      'haemoglobin',
      'female',
      'systolic',
      'heart_rate',
      'melaena',
      'syncope',
      'liver_disease',
      'heart_failure',
    ],
    code: [
      'u=0 if urea_nitrogen<18.2 else 2 if urea_nitrogen<22.4 else 3 if urea_nitrogen<28 else 4 if urea_nitrogen<70 else 6',
      'h=(0 if haemoglobin>=12 else 1 if haemoglobin>=10 else 6) if female else (0 if haemoglobin>=13 else 1 if haemoglobin>=12 else 3 if haemoglobin>=10 else 6)',
      'p=0 if systolic>=110 else 1 if systolic>=100 else 2 if systolic>=90 else 3',
      'u+h+p+(heart_rate>=100)+melaena+2*syncope+2*liver_disease+2*heart_failure',
    ].join('\n'),
    score: true,
  },
  /** Bone et al. 1992, Chest 101:1644. */
  sirs: {
    name: 'number of SIRS criteria that are met',
    short: 'SIRS',
    unit: '',
    needs: ['temperature', 'heart_rate', 'respiratory_rate', 'carbon_dioxide_tension', 'white_cells'],
    code: '(temperature>38 or temperature<36)+(heart_rate>90)+(respiratory_rate>20 or carbon_dioxide_tension<32)+(white_cells>12 or white_cells<4)',
    score: true,
  },
  /** Singer et al. 2016, JAMA 315:801. */
  qsofa: {
    name: 'qSOFA score',
    short: 'qSOFA',
    unit: '',
    needs: ['respiratory_rate', 'confusion', 'systolic'],
    code: '(respiratory_rate>=22)+confusion+(systolic<=100)',
    score: true,
    heldOut: true,
  },
  /** Teasdale and Jennett 1974, Lancet 2:81. */
  'glasgow-coma': {
    name: 'Glasgow coma score',
    short: 'GCS',
    unit: '',
    needs: ['eyes', 'verbal', 'motor'],
    code: 'eyes+verbal+motor',
    score: true,
  },
  /** Pugh et al. 1973, Br J Surg 60:646. */
  'child-pugh': {
    name: 'Child-Pugh score in points',
    short: 'ChildPugh',
    unit: '',
    needs: ['bilirubin', 'albumin', 'inr', 'ascites', 'encephalopathy'],
    code: [
      'b=1 if bilirubin<2 else 2 if bilirubin<=3 else 3',
      'a=1 if albumin>3.5 else 2 if albumin>=2.8 else 3',
      'i=1 if inr<1.7 else 2 if inr<=2.3 else 3',
      'b+a+i+ascites+encephalopathy',
    ].join('\n'),
    score: true,
  },
  /** Parts of APACHE II: Knaus et al. 1985, Crit Care Med 13:818. */
  'apache-age-pressure': {
    name: 'sum of the APACHE II points for age, for mean arterial pressure (of systolic and diastolic) and for heart rate',
    short: 'APACHE',
    unit: '',
    needs: ['age', 'systolic', 'diastolic', 'heart_rate'],
    code: [
      'a=0 if age<45 else 2 if age<55 else 3 if age<65 else 5 if age<75 else 6',
      'm=(systolic+2*diastolic)/3',
      'p=4 if m>=160 else 3 if m>=130 else 2 if m>=110 else 0 if m>=70 else 2 if m>=50 else 4',
      'h=4 if heart_rate>=180 else 3 if heart_rate>=140 else 2 if heart_rate>=110 else 0 if heart_rate>=70 else 2 if heart_rate>=55 else 3 if heart_rate>=40 else 4',
      'a+p+h',
    ].join('\n'),
    score: true,
    hint: 'Count each to its own table, without rounding the mean pressure.',
  },
} as const satisfies Record<string, Formula>

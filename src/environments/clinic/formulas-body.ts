/** Formulas of size, fluids, kidneys and electrolytes. Each is what its source says, in US units. */
import type { Formula } from './formula.ts'

export const bodyFormulas = {
  /** Quetelet's index: Keys et al. 1972, J Chronic Dis 25:329. */
  bmi: {
    name: 'body mass index',
    short: 'BMI',
    unit: 'kg/m²',
    needs: ['weight', 'height'],
    code: 'weight/(height/100)**2',
  },
  /** Mosteller 1987, N Engl J Med 317:1098. */
  bsa: {
    name: 'body surface area (Mosteller)',
    short: 'BSA',
    unit: 'm²',
    needs: ['weight', 'height'],
    code: 'sqrt(weight*height/3600)',
  },
  /** Du Bois and Du Bois 1916, Arch Intern Med 17:863. */
  'bsa-du-bois': {
    name: 'body surface area (Du Bois)',
    short: 'BSA Du Bois',
    unit: 'm²',
    needs: ['weight', 'height'],
    code: '0.007184*weight**0.425*height**0.725',
    heldOut: true,
  },
  /** Devine 1974, Drug Intell Clin Pharm 8:650. */
  'ideal-weight': {
    name: 'ideal body weight (Devine)',
    short: 'IBW',
    unit: 'kg',
    needs: ['female', 'height'],
    code: '(45.5 if female else 50)+2.3*(height/2.54-60)',
  },
  /** Devine's ideal weight and four tenths of what is above it: Bauer et al. 1983, Eur J Clin Pharmacol 24:643. */
  'adjusted-weight': {
    name: 'adjusted body weight (ideal weight by Devine)',
    short: 'ABW',
    unit: 'kg',
    needs: ['female', 'height', 'weight'],
    code: 'ideal=(45.5 if female else 50)+2.3*(height/2.54-60)\nideal+0.4*(weight-ideal)',
    ranges: { weight: [82, 118] },
  },
  /** The weight at a body mass index: Keys et al. 1972, solved for weight. */
  'target-weight': {
    name: 'weight at the target body mass index',
    short: 'goal Wt',
    unit: 'kg',
    needs: ['target_bmi', 'height'],
    code: 'target_bmi*(height/100)**2',
  },
  /** Boer 1984, Am J Physiol 247:F632. */
  'lean-mass': {
    name: 'lean body mass (Boer)',
    short: 'LBM',
    unit: 'kg',
    needs: ['female', 'weight', 'height'],
    code: '0.252*weight+0.473*height-48.3 if female else 0.407*weight+0.267*height-19.2',
  },
  /** Mifflin et al. 1990, Am J Clin Nutr 51:241. */
  'resting-energy': {
    name: 'resting energy expenditure (Mifflin-St Jeor)',
    short: 'REE',
    unit: 'kcal/day',
    needs: ['weight', 'height', 'age', 'female'],
    code: '10*weight+6.25*height-5*age+(-161 if female else 5)',
  },
  /** Holliday and Segar 1957, Pediatrics 19:823, by the hour (4-2-1). */
  'maintenance-fluids': {
    name: 'maintenance fluid rate (Holliday-Segar, 4-2-1 rule)',
    short: 'fluids',
    unit: 'mL/h',
    needs: ['weight'],
    code: '4*min(weight,10)+2*min(max(weight-10,0),10)+max(weight-20,0)',
  },
  /** Adrogué and Madias 2000, N Engl J Med 342:1493. */
  'water-deficit': {
    name: 'free water deficit',
    short: 'FWD',
    unit: 'L',
    needs: ['female', 'weight', 'sodium'],
    code: '(0.5 if female else 0.6)*weight*(sodium/140-1)',
    hint: 'Take body water as 0.6 of the weight in men and 0.5 in women, and 140 mmol/L as the sodium aimed for.',
    ranges: { sodium: [146, 168] },
  },
  /** Cockcroft and Gault 1976, Nephron 16:31. */
  'cockcroft-gault': {
    name: 'creatinine clearance (Cockcroft-Gault, actual weight)',
    short: 'CrCl',
    unit: 'mL/min',
    needs: ['age', 'weight', 'creatinine', 'female'],
    code: '(140-age)*weight/(72*creatinine)*(0.85 if female else 1)',
  },
  /** CKD-EPI 2021, without race: Inker et al. 2021, N Engl J Med 385:1737. */
  'ckd-epi-2021': {
    name: 'estimated glomerular filtration rate (CKD-EPI 2021)',
    short: 'eGFR',
    unit: 'mL/min/1.73 m²',
    needs: ['creatinine', 'female', 'age'],
    code: 'r=creatinine/(0.7 if female else 0.9)\n142*min(r,1)**(-0.241 if female else -0.302)*max(r,1)**-1.2*0.9938**age*(1.012 if female else 1)',
  },
  /** Four variables, traceable creatinine, the factor for race left out: Levey et al. 2006, Ann Intern Med 145:247. */
  mdrd: {
    name: 'estimated glomerular filtration rate (four-variable MDRD, 175, without race)',
    short: 'MDRD',
    unit: 'mL/min/1.73 m²',
    needs: ['creatinine', 'age', 'female'],
    code: '175*creatinine**-1.154*age**-0.203*(0.742 if female else 1)',
    heldOut: true,
  },
  /** Espinel 1976, JAMA 236:579. */
  fena: {
    name: 'fractional excretion of sodium',
    short: 'FENa',
    unit: '%',
    needs: ['urine_sodium', 'creatinine', 'sodium', 'urine_creatinine'],
    code: '100*urine_sodium*creatinine/(sodium*urine_creatinine)',
  },
  /** Carvounis et al. 2002, Kidney Int 62:2223. */
  feurea: {
    name: 'fractional excretion of urea',
    short: 'FEUrea',
    unit: '%',
    needs: ['urine_urea', 'creatinine', 'urea_nitrogen', 'urine_creatinine'],
    code: '100*urine_urea*creatinine/(urea_nitrogen*urine_creatinine)',
    heldOut: true,
  },
  /** Emmett and Narins 1977, Medicine 56:38. */
  'anion-gap': {
    name: 'anion gap (without potassium)',
    short: 'AG',
    unit: 'mmol/L',
    needs: ['sodium', 'chloride', 'bicarbonate'],
    code: 'sodium-chloride-bicarbonate',
    ranges: { sodium: [134, 152], chloride: [90, 106] },
  },
  /** Figge et al. 1998, Crit Care Med 26:1807. */
  'anion-gap-albumin': {
    name: 'albumin-corrected anion gap (normal albumin 4 g/dL, 2.5 for each g/dL)',
    short: 'AGc',
    unit: 'mmol/L',
    needs: ['sodium', 'chloride', 'bicarbonate', 'albumin'],
    code: 'sodium-chloride-bicarbonate+2.5*(4-albumin)',
    heldOut: true,
    ranges: { sodium: [134, 152], chloride: [90, 106] },
  },
  /** Wrenn 1990, Ann Emerg Med 19:1310. */
  'delta-gap': {
    name: 'delta gap (normal anion gap 12 mmol/L)',
    short: 'dGap',
    unit: 'mmol/L',
    needs: ['sodium', 'chloride', 'bicarbonate'],
    code: 'sodium-chloride-bicarbonate-12',
    ranges: { sodium: [138, 152], chloride: [88, 100] },
  },
  /** The rise of the anion gap over the fall of bicarbonate: Narins and Emmett 1980, Medicine 59:161. */
  'delta-ratio': {
    name: 'delta ratio (normal anion gap 12, normal bicarbonate 24 mmol/L)',
    short: 'dRatio',
    unit: '',
    needs: ['sodium', 'chloride', 'bicarbonate'],
    code: '(sodium-chloride-bicarbonate-12)/(24-bicarbonate)',
    ranges: { sodium: [138, 152], chloride: [88, 100] },
    heldOut: true,
  },
  /** Payne et al. 1973, Br Med J 4:643. */
  'corrected-calcium': {
    name: 'albumin-corrected calcium (normal albumin 4 g/dL)',
    short: 'CaCorr',
    unit: 'mg/dL',
    needs: ['calcium', 'albumin'],
    code: 'calcium+0.8*(4-albumin)',
  },
  /** Hillier et al. 1999, Am J Med 106:399. */
  'corrected-sodium': {
    name: 'glucose-corrected sodium (2.4 for each 100 mg/dL)',
    short: 'NaCorr',
    unit: 'mmol/L',
    needs: ['sodium', 'glucose'],
    code: 'sodium+0.024*(glucose-100)',
    heldOut: true,
  },
  /** Katz 1973, N Engl J Med 289:843. */
  'corrected-sodium-katz': {
    name: 'glucose-corrected sodium (Katz, 1.6 for each 100 mg/dL)',
    short: 'NaKatz',
    unit: 'mmol/L',
    needs: ['sodium', 'glucose'],
    code: 'sodium+0.016*(glucose-100)',
  },
  /** Smithline and Gardner 1976, JAMA 236:1594, with nitrogen as BUN/2.8 and glucose/18. */
  osmolality: {
    name: 'calculated serum osmolality',
    short: 'Osm',
    unit: 'mOsm/kg',
    needs: ['sodium', 'glucose', 'urea_nitrogen'],
    code: '2*sodium+glucose/18+urea_nitrogen/2.8',
  },
  /** Winters: Albert et al. 1967, Ann Intern Med 66:312. */
  winters: {
    name: "expected pCO2 in metabolic acidosis (Winters' formula)",
    short: 'pCO2 exp',
    unit: 'mmHg',
    needs: ['bicarbonate'],
    code: '1.5*bicarbonate+8',
  },
  /** West et al. 1986, Miner Electrolyte Metab 12:234. */
  ttkg: {
    name: 'transtubular potassium gradient',
    short: 'TTKG',
    unit: '',
    needs: ['urine_potassium', 'potassium', 'urine_osmolality', 'serum_osmolality'],
    code: 'urine_potassium/potassium/(urine_osmolality/serum_osmolality)',
  },
} as const satisfies Record<string, Formula>

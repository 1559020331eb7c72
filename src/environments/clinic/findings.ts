/** What may stand in a patient's note: each finding with its values, and the words in which notes give it. */

export interface Quantity {
  readonly kind: 'number'
  readonly low: number
  readonly high: number
  /** Decimals that it is given with. */
  readonly digits: number
  readonly unit: string
  /** Noun phrases, `#` for the number with its unit. */
  readonly say: readonly string[]
  /** What stands before the number in a terse note. */
  readonly short: string
  /** Another unit it may be given in: a value in `unit` times `factor`. */
  readonly other?: { readonly unit: string; readonly factor: number; readonly digits: number }
}

export interface Flag {
  readonly kind: 'flag'
  /** What follows 'The patient', where it is so and where it is not. */
  readonly yes: readonly string[]
  readonly no: readonly string[]
  readonly short: string
}

/** Worth a number of points that is not said. */
export interface Level {
  readonly kind: 'level'
  /** What follows 'The patient', by the points that it stands for. */
  readonly levels: readonly (readonly [points: number, phrase: string])[]
  readonly short: string
}

export type Finding = Quantity | Flag | Level

const number = (
  [low, high, digits]: readonly [number, number, number],
  unit: string,
  words: Pick<Quantity, 'say' | 'short' | 'other'>,
): Quantity => ({ kind: 'number', low, high, digits, unit, ...words })

/** `has` and what is had, in the words of a history. */
const history = (short: string, ...names: readonly [string, ...string[]]): Flag => ({
  kind: 'flag',
  short,
  yes: names.flatMap((name) => [`has a history of ${name}`, `is known to have ${name}`]),
  no: names.flatMap((name) => [`has no history of ${name}`, `denies ${name}`]),
})

const sign = (short: string, yes: readonly string[], no: readonly string[]): Flag => ({ kind: 'flag', short, yes, no })

const glucose = { unit: 'mmol/L', factor: 1 / 18, digits: 1 } as const
const lipid = { unit: 'mmol/L', factor: 1 / 38.67, digits: 2 } as const

export const findings = {
  age: number([18, 92, 0], 'years', { say: ['age #'], short: 'age' }),
  weight: number([46, 118, 1], 'kg', {
    say: ['weight #', 'a body weight of #', 'weight today #'],
    short: 'Wt',
    other: { unit: 'lb', factor: 2.20462, digits: 0 },
  }),
  height: number([154, 196, 0], 'cm', {
    say: ['height #', 'a height of #', 'standing height #'],
    short: 'Ht',
    other: { unit: 'in', factor: 1 / 2.54, digits: 1 },
  }),
  target_bmi: number([20, 25, 1], 'kg/m²', { say: ['a target BMI of #', 'the BMI aimed for is #'], short: 'goal BMI' }),
  systolic: number([78, 188, 0], 'mmHg', { say: ['systolic blood pressure #', 'SBP #'], short: 'SBP' }),
  diastolic: number([42, 104, 0], 'mmHg', { say: ['diastolic blood pressure #', 'DBP #'], short: 'DBP' }),
  heart_rate: number([48, 138, 0], 'beats/min', { say: ['heart rate #', 'pulse #', 'HR #'], short: 'HR' }),
  respiratory_rate: number([10, 38, 0], 'breaths/min', { say: ['respiratory rate #', 'RR #'], short: 'RR' }),
  temperature: number([34.6, 40.4, 1], '°C', { say: ['temperature #', 'a temperature of #'], short: 'T' }),
  saturation: number([86, 100, 0], '%', { say: ['oxygen saturation # on room air', 'SpO2 #'], short: 'SpO2' }),
  qt: number([320, 480, 0], 'ms', { say: ['a QT interval of #', 'QT #'], short: 'QT' }),
  sodium: number([120, 158, 0], 'mmol/L', { say: ['sodium #', 'serum Na #', 'a serum sodium of #'], short: 'Na' }),
  potassium: number([2.6, 6.4, 1], 'mmol/L', { say: ['potassium #', 'serum K #'], short: 'K' }),
  chloride: number([88, 116, 0], 'mmol/L', { say: ['chloride #', 'Cl #'], short: 'Cl' }),
  bicarbonate: number([8, 22, 0], 'mmol/L', { say: ['bicarbonate #', 'HCO3 #'], short: 'HCO3' }),
  glucose: number([72, 420, 0], 'mg/dL', {
    say: ['glucose #', 'plasma glucose #', 'a fasting glucose of #'],
    short: 'Glc',
    other: glucose,
  }),
  insulin: number([3, 34, 1], 'µIU/mL', { say: ['fasting insulin #', 'insulin #'], short: 'Ins' }),
  a1c: number([4.8, 12.4, 1], '%', { say: ['haemoglobin A1c #', 'HbA1c #'], short: 'A1c' }),
  urea_nitrogen: number([7, 84, 0], 'mg/dL', { say: ['blood urea nitrogen #', 'BUN #'], short: 'BUN' }),
  creatinine: number([0.5, 5.2, 2], 'mg/dL', {
    say: ['creatinine #', 'serum creatinine #', 'a creatinine of #'],
    short: 'Cr',
    other: { unit: 'µmol/L', factor: 88.42, digits: 0 },
  }),
  albumin: number([1.9, 4.8, 1], 'g/dL', {
    say: ['albumin #', 'serum albumin #'],
    short: 'Alb',
    other: { unit: 'g/L', factor: 10, digits: 0 },
  }),
  calcium: number([6.8, 12.4, 1], 'mg/dL', { say: ['total calcium #', 'serum calcium #'], short: 'Ca' }),
  bilirubin: number([0.3, 9.8, 1], 'mg/dL', {
    say: ['total bilirubin #', 'bilirubin #'],
    short: 'Bili',
    other: { unit: 'µmol/L', factor: 17.1, digits: 0 },
  }),
  inr: number([0.9, 3.8, 1], '', { say: ['INR #', 'an INR of #'], short: 'INR' }),
  prothrombin_time: number([12.5, 34, 1], 's', { say: ['prothrombin time #', 'PT #'], short: 'PT' }),
  ast: number([16, 280, 0], 'U/L', { say: ['AST #', 'aspartate aminotransferase #'], short: 'AST' }),
  alt: number([12, 290, 0], 'U/L', { say: ['ALT #', 'alanine aminotransferase #'], short: 'ALT' }),
  platelets: number([38, 420, 0], '×10⁹/L', { say: ['platelets #', 'a platelet count of #'], short: 'Plt' }),
  haemoglobin: number([5.8, 16.8, 1], 'g/dL', { say: ['haemoglobin #', 'Hb #'], short: 'Hb' }),
  white_cells: number([2.1, 22, 1], '×10⁹/L', { say: ['white cells #', 'WBC #'], short: 'WBC' }),
  cholesterol: number([130, 310, 0], 'mg/dL', {
    say: ['total cholesterol #', 'cholesterol #'],
    short: 'TC',
    other: lipid,
  }),
  hdl: number([24, 84, 0], 'mg/dL', { say: ['HDL cholesterol #', 'HDL #'], short: 'HDL', other: lipid }),
  triglycerides: number([54, 380, 0], 'mg/dL', {
    say: ['triglycerides #', 'TG #'],
    short: 'TG',
    other: { unit: 'mmol/L', factor: 1 / 88.57, digits: 2 },
  }),
  urine_sodium: number([8, 120, 0], 'mmol/L', { say: ['urine sodium #', 'a urinary sodium of #'], short: 'UNa' }),
  urine_potassium: number([10, 90, 0], 'mmol/L', { say: ['urine potassium #', 'urinary K #'], short: 'UK' }),
  urine_creatinine: number([20, 180, 0], 'mg/dL', {
    say: ['urine creatinine #', 'urinary creatinine #'],
    short: 'UCr',
  }),
  urine_urea: number([120, 900, 0], 'mg/dL', {
    say: ['urine urea nitrogen #', 'urinary urea nitrogen #'],
    short: 'UUN',
  }),
  urine_osmolality: number([320, 900, 0], 'mOsm/kg', { say: ['urine osmolality #'], short: 'UOsm' }),
  serum_osmolality: number([262, 318, 0], 'mOsm/kg', { say: ['measured serum osmolality #'], short: 'SOsm' }),
  oxygen_tension: number([48, 118, 0], 'mmHg', { say: ['arterial pO2 #', 'PaO2 #'], short: 'PaO2' }),
  carbon_dioxide_tension: number([24, 64, 0], 'mmHg', { say: ['arterial pCO2 #', 'PaCO2 #'], short: 'PaCO2' }),
  inspired_oxygen: number([21, 60, 0], '%', { say: ['an inspired oxygen fraction of #', 'FiO2 #'], short: 'FiO2' }),
  heart_failure: history('CHF', 'congestive heart failure', 'heart failure'),
  hypertension: history('HTN', 'hypertension', 'high blood pressure'),
  diabetes: history('DM', 'diabetes mellitus', 'type 2 diabetes'),
  stroke: history('Stroke', 'stroke or transient ischaemic attack'),
  vascular_disease: history('PAD', 'peripheral artery disease', 'a previous myocardial infarction'),
  bleeding: history('Bleed', 'major bleeding'),
  liver_disease: history('Liver', 'liver disease', 'cirrhosis'),
  renal_disease: history('Renal', 'dialysis-dependent kidney disease'),
  cancer: history('Cancer', 'active cancer'),
  venous_thrombosis: history('PriorVTE', 'deep vein thrombosis or pulmonary embolism'),
  labile_inr: sign('LabINR', ['has a labile INR'], ['has a stable INR, always in range']),
  antiplatelets: sign('ASA', ['takes aspirin every day', 'uses an NSAID daily'], ['takes neither aspirin nor NSAIDs']),
  alcohol: sign('EtOH', ['drinks more than eight alcoholic drinks a week'], ['does not drink alcohol']),
  confusion: sign('Conf', ['is newly confused', 'is disoriented in time and place'], ['is alert and fully oriented']),
  haemoptysis: sign('Hemop', ['has coughed up blood'], ['has had no haemoptysis']),
  immobile: sign(
    'Immob',
    ['had surgery under general anaesthesia last week'],
    ['has had no recent surgery or bed rest'],
  ),
  clot_signs: sign('DVTs', ['has clinical signs of a deep vein thrombosis'], ['has no signs of deep vein thrombosis']),
  embolism_likeliest: sign(
    'PElik',
    ['has pulmonary embolism as the likeliest diagnosis'],
    ['has a diagnosis likelier than pulmonary embolism'],
  ),
  oestrogen: sign('Estro', ['takes oestrogen'], ['takes no hormones']),
  leg_swelling: sign('Leg1', ['has one swollen leg'], ['has no unilateral leg swelling']),
  paralysis: sign('Paral', ['has a leg in plaster'], ['has no paralysis, paresis or plaster of the legs']),
  tenderness: sign('Tend', ['is tender along the deep veins of one leg'], ['has no tenderness along the deep veins']),
  whole_leg: sign('LegAll', ['has swelling of the entire leg'], ['has no swelling of the entire leg']),
  calf: sign('Calf', ['has one calf 4 cm larger than the other'], ['has calves of equal size']),
  pitting: sign('Pit', ['has pitting oedema of the symptomatic leg alone'], ['has no pitting oedema']),
  collaterals: sign('Collat', ['has collateral superficial veins'], ['has no collateral superficial veins']),
  otherwise_explained: sign(
    'AltDx',
    ['has another diagnosis at least as likely as deep vein thrombosis'],
    ['has no diagnosis as likely as deep vein thrombosis'],
  ),
  exudate: sign('Exud', ['has tonsillar exudate'], ['has tonsils without exudate']),
  tender_nodes: sign('Nodes', ['has tender anterior cervical nodes'], ['has no tender cervical nodes']),
  cough: sign('Cough', ['has a cough'], ['has no cough']),
  melaena: sign('Melena', ['has passed black stools'], ['has passed no black stools']),
  syncope: sign('Syncope', ['fainted before coming in'], ['has not fainted']),
  ascites: {
    kind: 'level',
    short: 'Asc',
    levels: [
      [1, 'has no ascites'],
      [2, 'has slight ascites'],
      [3, 'has moderate to severe ascites'],
    ],
  },
  encephalopathy: {
    kind: 'level',
    short: 'Enc',
    levels: [
      [1, 'has no encephalopathy'],
      [2, 'has encephalopathy of grade II'],
      [3, 'has encephalopathy of grade IV'],
    ],
  },
  eyes: {
    kind: 'level',
    short: 'E',
    levels: [
      [4, 'opens the eyes spontaneously'],
      [3, 'opens the eyes to speech'],
      [2, 'opens the eyes to pain only'],
      [1, 'does not open the eyes'],
    ],
  },
  verbal: {
    kind: 'level',
    short: 'V',
    levels: [
      [5, 'answers oriented'],
      [4, 'answers in confused sentences'],
      [3, 'utters inappropriate words'],
      [2, 'makes incomprehensible sounds'],
      [1, 'makes no sound'],
    ],
  },
  motor: {
    kind: 'level',
    short: 'M',
    levels: [
      [6, 'obeys commands'],
      [5, 'localises pain'],
      [4, 'withdraws from pain'],
      [3, 'flexes abnormally to pain'],
      [2, 'extends to pain'],
      [1, 'does not move to pain'],
    ],
  },
} as const satisfies Record<string, Finding>

/** 'female', 1 or 0, is said in the opening of every note, as 'age' is. */
export type FindingName = keyof typeof findings | 'female'

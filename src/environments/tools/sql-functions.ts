/** The functions that SQL may call: those that say the same whenever they are asked, and reach for nothing. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  [
    'abs ceil ceiling exp floor ln log log10 log2 max min mod pi pow power round sign sqrt trunc',
    'char concat concat_ws format glob hex instr length like lower ltrim octet_length printf quote replace rtrim substr',
    'substring trim unhex unicode unistr upper',
    'coalesce iif if ifnull nullif typeof likely unlikely likelihood',
    'avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc',
    'cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number',
  ].flatMap((line) => line.split(' ')),
)

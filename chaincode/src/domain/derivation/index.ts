export * from './derivations';
export * from './derive';
export * from './disclosure';
export { type DerivationRule, type DerivedView, type ItemDerivations, MAX_RECORDS } from './item-derivations';
export { INSURANCES } from './social';
export { monthAt, monthNumber, monthOfNumber, type MonthRange } from './month-series';

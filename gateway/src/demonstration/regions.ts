/** A region that demonstration enterprises lie in. */
export interface DemonstrationRegion {
  /** Six digits: the real code of a real city, `6199xx` for one that doesn't exist. */
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  /** True for a city that doesn't exist: whatever goes wrong goes wrong there (domain.md, Demonstration data). */
  readonly fictional: boolean;
  /** The region part of the credit codes made here, `6199xx`: no real organisation's. */
  readonly creditCodeRegion: string;
  /** How many of 1,000 enterprises lie here. */
  readonly share: number;
}

/** The ten cities and 杨凌, and four cities that don't exist. The shares add up to 1,000. */
export const REGIONS: readonly DemonstrationRegion[] = [
  { code: '610100', zh: '西安市', en: "Xi'an", fictional: false, creditCodeRegion: '619901', share: 260 },
  { code: '610200', zh: '铜川市', en: 'Tongchuan', fictional: false, creditCodeRegion: '619902', share: 40 },
  { code: '610300', zh: '宝鸡市', en: 'Baoji', fictional: false, creditCodeRegion: '619903', share: 90 },
  { code: '610400', zh: '咸阳市', en: 'Xianyang', fictional: false, creditCodeRegion: '619904', share: 100 },
  { code: '610500', zh: '渭南市', en: 'Weinan', fictional: false, creditCodeRegion: '619905', share: 95 },
  { code: '610600', zh: '延安市', en: "Yan'an", fictional: false, creditCodeRegion: '619906', share: 70 },
  { code: '610700', zh: '汉中市', en: 'Hanzhong', fictional: false, creditCodeRegion: '619907', share: 85 },
  { code: '610800', zh: '榆林市', en: 'Yulin', fictional: false, creditCodeRegion: '619908', share: 90 },
  { code: '610900', zh: '安康市', en: 'Ankang', fictional: false, creditCodeRegion: '619909', share: 55 },
  { code: '611000', zh: '商洛市', en: 'Shangluo', fictional: false, creditCodeRegion: '619910', share: 45 },
  { code: '610403', zh: '杨凌示范区', en: 'Yangling', fictional: false, creditCodeRegion: '619911', share: 20 },
  { code: '619921', zh: '渭川市', en: 'Weichuan (fictional)', fictional: true, creditCodeRegion: '619921', share: 20 },
  { code: '619922', zh: '泾岚市', en: 'Jinglan (fictional)', fictional: true, creditCodeRegion: '619922', share: 15 },
  { code: '619923', zh: '岚川市', en: 'Lanchuan (fictional)', fictional: true, creditCodeRegion: '619923', share: 10 },
  { code: '619924', zh: '秦屏市', en: 'Qinping (fictional)', fictional: true, creditCodeRegion: '619924', share: 5 },
];

/**
 * The region of a code.
 * @throws RangeError when the demonstration has no such region.
 */
export function regionOf(code: string): DemonstrationRegion {
  const region = REGIONS.find((candidate) => candidate.code === code);
  if (region === undefined) throw new RangeError(`no demonstration region ${code}`);
  return region;
}

import type { DemonstrationPerson } from './enterprise-profile';
import type { SeededRandom } from './seed';

const SURNAMES = [...'王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石'];
const LAST = [...'宁安远航明岚川禾清文华林峰悦诚睿涵博雅欣怡晨曦瑞祥云舒朗阳雨桐梓楠思语嘉怀谦和平静芳颖洁慧敏'];

/** Middle characters of every person's name: 示范, so that no name is a real person's. */
export const FICTIONAL_MIDDLE = ['示', '范'] as const;

const BRAND_FIRST = [...'岐麓泾漆沣浐渼榆朔塬垚岚峪圭璟禾穗棠樾曜'];
const BRAND_MIDDLE = [...'禾澜垣屿筠泽陌嵘畛笙舟衡予霁杉枫昱朴牧棣'];
const BRAND_LAST = [...'沅塬弘屹澍砺珩昶稷晟涧芃滢焓棽瑭箐翊邈烁'];

const IDENTITY_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Makes names that occur once: two enterprises or persons never share one. */
export class FictionalNames {
  private readonly taken = new Set<string>();

  /** @param random the stream that chooses. */
  constructor(private readonly random: SeededRandom) {}

  /** A person whose name holds 示 or 范 and whose identity number lies in the unassigned region `region` (6199xx). */
  person(region: string): DemonstrationPerson {
    const name = this.once(() => this.random.pick(SURNAMES) + this.random.pick(FICTIONAL_MIDDLE) + this.random.pick(LAST));
    const identityNumber = this.once(() => this.identityNumber(region));
    return { name, identityNumber };
  }

  /** A firm's own word (字号) of three characters that go together in no real name. */
  brand(): string {
    return this.once(() => this.random.pick(BRAND_FIRST) + this.random.pick(BRAND_MIDDLE) + this.random.pick(BRAND_LAST));
  }

  private once(draw: () => string): string {
    for (;;) {
      const drawn = draw();
      if (this.taken.has(drawn)) continue;
      this.taken.add(drawn);
      return drawn;
    }
  }

  /** GB 11643-1999: region, birth date, sequence, check character. */
  private identityNumber(region: string): string {
    const two = (value: number): string => String(value).padStart(2, '0');
    const birth = `${this.random.integer(1962, 1998)}${two(this.random.integer(1, 12))}${two(this.random.integer(1, 28))}`;
    const body = region + birth + String(this.random.integer(1, 999)).padStart(3, '0');
    const sum = [...body].reduce((total, digit, at) => total + Number(digit) * (IDENTITY_WEIGHTS[at] ?? 0), 0);
    return body + '10X98765432'.charAt(sum % 11);
  }
}

import { Paper } from './paper';

const HEAD = { title: '示范', lead: 'lead', qr: 'http://localhost/x', caption: 'caption' };
const written = async (text: string): Promise<Buffer> => Buffer.from(await new Paper('示范', 'foot').head(HEAD).heading('heading').rows([['label', text]]).text(text).bytes());

describe('a paper', () => {
  it('is the same bytes for the same words, whenever it is made', async () => {
    expect((await written('可溯')).equals(await written('可溯'))).toBe(true);
    expect((await written('可溯')).equals(await written('可塑'))).toBe(false);
  });

  it('shows a character that the font lacks by its number, as two that look alike must not read the same', async () => {
    const [one, other] = [await written('\u{10FFFD}'), await written('[U+10FFFD]')];
    expect(one.equals(other)).toBe(true);
  });

  it('goes on over as many pages as it takes', async () => {
    const paper = new Paper('long', 'foot').head(HEAD);
    for (let line = 0; line < 90; line++) paper.rows([[`line ${line}`, 'value']]);
    const text = Buffer.from(await paper.bytes()).toString('latin1');
    expect(text).toMatch(/\/Type \/Pages\n\/Count 3/);
  });
});

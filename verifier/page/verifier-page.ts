import type { WordLanguage } from '@kesu/chaincode/domain';
import { MAX_FILE_BYTES, MAX_TRUST_BYTES, readTrust, reportOf, reportSubject, TRUST_FORMAT, VerificationFailure, verifyFile, type ReportSubject, type Trust, type Verification } from '../src/index';
import { PAGE_TEXTS, type PageText } from './page-texts';
import { toDocument } from './to-document';

/** A file that was read, with its name. */
interface ReadFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What is shown: nothing yet, a sentence, or a report. */
type Shown = { readonly kind: 'text'; readonly text: PageText; readonly detail?: string } | { readonly kind: 'report'; readonly subject: ReportSubject; readonly verification: Verification; readonly trust: Trust };

/** The verifier in a browser: reads the two files, verifies, shows the report. Connects to nothing and keeps nothing. */
export class VerifierPage {
  #language: WordLanguage = 'zh';
  #trustFile: ReadFile | undefined;
  #evidence: ReadFile | undefined;
  #shown: Shown = { kind: 'text', text: 'waiting' };

  constructor(private readonly document: Document) {}

  /** Listens to the inputs, the drop zone and the buttons. */
  start(): void {
    for (const place of ['trust', 'evidence'] as const) this.#input(place).addEventListener('change', () => this.#taken(place));
    this.#byId('language').addEventListener('click', () => this.#speak(this.#language === 'zh' ? 'en' : 'zh'));
    this.#byId('print').addEventListener('click', () => this.document.defaultView?.print());
    // Everywhere, so that a file dropped beside the zone doesn't replace the page.
    this.document.addEventListener('dragover', (event) => event.preventDefault());
    this.document.addEventListener('drop', (event) => {
      event.preventDefault();
      void this.#take([...(event.dataTransfer?.files ?? [])], undefined);
    });
    this.#speak('zh');
  }

  #taken(place: 'trust' | 'evidence'): void {
    const input = this.#input(place);
    const files = [...(input.files ?? [])];
    input.value = ''; // else the same file, changed meanwhile, couldn't be chosen again
    void this.#take(files, place);
  }

  /** Takes files for a place; of dropped ones each is told by what it says. */
  async #take(files: readonly File[], place: 'trust' | 'evidence' | undefined): Promise<void> {
    for (const file of files) {
      const read = await this.#read(file, place === 'trust' ? MAX_TRUST_BYTES : MAX_FILE_BYTES);
      if (read === undefined) return;
      if ((place ?? (saysTrust(read.bytes) ? 'trust' : 'evidence')) === 'trust') this.#trustFile = read;
      else this.#evidence = read;
    }
    await this.#verify();
  }

  async #read(file: File, limit: number): Promise<ReadFile | undefined> {
    if (file.size > limit) {
      this.#show({ kind: 'text', text: 'tooLarge', detail: `${file.name}: ${file.size} > ${limit}` });
      return undefined;
    }
    try {
      return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
    } catch {
      this.#show({ kind: 'text', text: 'unreadable', detail: file.name });
      return undefined;
    }
  }

  async #verify(): Promise<void> {
    const [trustFile, evidence] = [this.#trustFile, this.#evidence];
    if (trustFile === undefined || evidence === undefined) return this.#show({ kind: 'text', text: 'waiting' });
    this.#show({ kind: 'text', text: 'working' });
    await new Promise((resolve) => setTimeout(resolve)); // lets the browser say so first
    this.#show(verificationOf(trustFile, evidence, new Date().toISOString()));
  }

  #show(shown: Shown): void {
    this.#shown = shown;
    for (const [id, file] of [['trust-name', this.#trustFile], ['evidence-name', this.#evidence]] as const) this.#byId(id).textContent = file?.name ?? PAGE_TEXTS.none[this.#language];
    const result = this.#byId('result');
    result.dataset.verdict = shown.kind === 'report' ? shown.verification.verdict : '';
    this.#byId('print').hidden = shown.kind !== 'report';
    if (shown.kind === 'report') result.replaceChildren(toDocument(this.document, reportOf(shown.subject, shown.verification, shown.trust, this.#language)));
    else result.replaceChildren(`${PAGE_TEXTS[shown.text][this.#language]}${shown.detail === undefined ? '' : ` (${shown.detail})`}`);
  }

  #speak(language: WordLanguage): void {
    this.#language = language;
    this.document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    this.document.title = PAGE_TEXTS.title[language];
    for (const place of this.document.querySelectorAll<HTMLElement>('[data-text]')) {
      place.textContent = textNamed(place.dataset.text)?.[language] ?? '';
    }
    this.#show(this.#shown);
  }

  #byId(id: string): HTMLElement {
    const found = this.document.getElementById(id);
    if (found === null) throw new TypeError(`the page has no ${id}`);
    return found;
  }

  #input(id: string): HTMLInputElement {
    const found = this.#byId(id);
    if (!(found instanceof HTMLInputElement)) throw new TypeError(`${id} is no input`);
    return found;
  }
}

function textNamed(name: string | undefined): { readonly zh: string; readonly en: string } | undefined {
  return Object.entries(PAGE_TEXTS).find(([one]) => one === name)?.[1];
}

/** Whether a file says of itself that it is a trust file. */
function saysTrust(bytes: Uint8Array): boolean {
  return bytes.length <= MAX_TRUST_BYTES && new TextDecoder().decode(bytes).includes(`"${TRUST_FORMAT}"`);
}

function verificationOf(trustFile: ReadFile, evidence: ReadFile, at: string): Shown {
  try {
    const trust = readTrust(new TextDecoder('utf-8', { fatal: true }).decode(trustFile.bytes));
    return { kind: 'report', subject: reportSubject(evidence.name, evidence.bytes, trustFile.bytes, at), verification: verifyFile(evidence.bytes, trust), trust };
  } catch (error) {
    if (error instanceof VerificationFailure) return { kind: 'text', text: 'badTrust', detail: error.detail };
    return { kind: 'text', text: error instanceof TypeError ? 'badTrust' : 'broken', detail: String(error) };
  }
}

import './without-eval';
import { VerifierPage } from './verifier-page';

export { readTrust, reportPage, reportSubject, verificationLines, verifyFile } from '../src/index';

// Without a document the same script is the verifier alone, for who wants to run it elsewhere.
if ('document' in globalThis) new VerifierPage(document).start();

import { describeLedgerConformance } from '../conformance';
import { aKesuHarness, aProbeHarness } from './testing/ledger-harnesses';

describeLedgerConformance('the embedded ledger with contracts of its own tests', aProbeHarness);
describeLedgerConformance('the embedded ledger with Kesu’s contracts', aKesuHarness);

import { describeLedgerConformance } from '../conformance';
import { aProbeHarness } from './testing/probe-harness';

describeLedgerConformance('the embedded ledger', aProbeHarness);

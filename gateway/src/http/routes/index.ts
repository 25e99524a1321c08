import type { Route } from '../route';
import { catalogueRoutes } from './catalogue';
import { deletionRoutes } from './deletions';
import { disputeRoutes } from './disputes';
import { enterpriseRoutes } from './enterprises';
import { evidenceAnnexRoutes } from './evidence-annexes';
import { evidenceBundleRoutes } from './evidence-bundles';
import { evidenceCaseRoutes } from './evidence-cases';
import { evidenceHandoverRoutes } from './evidence-handover';
import { grantRoutes } from './grants';
import { loanRoutes } from './loans';
import { logRoutes } from './log';
import { operatorRoutes } from './operators';
import { participantRoutes } from './participants';
import { releaseRoutes } from './releases';
import { signInRoutes } from './sign-in';
import { statementRoutes } from './statements';
import { traceRoutes } from './traces';

/** Every route but the check endpoints, in the order of the document. */
export const ROUTES: readonly Route[] = [...signInRoutes, ...releaseRoutes, ...grantRoutes, ...traceRoutes, ...participantRoutes, ...catalogueRoutes, ...enterpriseRoutes, ...loanRoutes, ...deletionRoutes, ...disputeRoutes, ...evidenceCaseRoutes, ...evidenceHandoverRoutes, ...evidenceBundleRoutes, ...evidenceAnnexRoutes, ...logRoutes, ...statementRoutes, ...operatorRoutes];

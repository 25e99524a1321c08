import type { RecordKinds, Release } from '@kesu/chaincode/domain';
import type { RecordFilter, TraceAxis } from '../read-model';
import { facetList } from './keys';

/** To whom a record belongs. */
export interface Facets {
  readonly enterprise?: string;
  readonly platforms?: readonly string[];
  readonly recipient?: string;
  readonly provider?: string;
  readonly authority?: string;
  readonly state?: string;
}

const FACETS_OF: { readonly [K in keyof RecordKinds]: (record: RecordKinds[K]) => Facets } = {
  'rule-book': () => ({}),
  participant: ({ platforms, state }) => ({ platforms, state }),
  'catalogue-item': ({ provider, state }) => ({ provider, state }),
  template: ({ state }) => ({ state }),
  enterprise: ({ ref, platforms, state }) => ({ enterprise: ref, platforms, state }),
  signatories: ({ ref }) => ({ enterprise: ref }),
  loan: ({ enterprise, platform, recipient, state }) => ({ enterprise, platforms: [platform], recipient, state }),
  'ingest-batch': ({ manifest, state }) => ({ provider: manifest.provider, state }),
  'grant-request': ({ enterprise, platform, recipient, state }) => ({ enterprise, platforms: [platform], recipient, state }),
  grant: ({ enterprise, platform, recipient, state }) => ({ enterprise, platforms: [platform], recipient, state }),
  deletion: ({ enterprise, platform, recipient, state }) => ({ enterprise, platforms: [platform], recipient, state }),
  dispute: ({ enterprise, platform, state }) => ({ enterprise, platforms: [platform], state }),
  // An enterprise's case is not its institution's to look at.
  'evidence-case': ({ enterprise, platform, party, recipient, authority, state }) => ({ enterprise, platforms: [platform], state, ...(recipient === undefined || party !== 'RECIPIENT' ? {} : { recipient }), ...(authority === undefined ? {} : { authority }) }),
  // Found through its case: no list of its own.
  'evidence-volume': ({ state }) => ({ state }),
  'usage-report': ({ enterprise }) => ({ enterprise }),
};

/** To whom a record belongs. */
export function facetsOf<K extends keyof RecordKinds>(kind: K, record: RecordKinds[K]): Facets {
  return FACETS_OF[kind](record);
}

/** True when the record has everything that the filter names. */
export function matchesFilter<K extends keyof RecordKinds>(kind: K, record: RecordKinds[K], filter: RecordFilter): boolean {
  const { platforms, ...single } = facetsOf(kind, record);
  const { platform, ...asked } = filter;
  if (platform !== undefined && platforms?.includes(platform) !== true) return false;
  const names = Object.keys(asked) as (keyof typeof asked)[];
  return names.every((name) => asked[name] === undefined || single[name] === asked[name]);
}

/** Kinds of which an enterprise has one record under its own ref, which needs no list. */
const UNDER_THE_REF: readonly (keyof RecordKinds)[] = ['enterprise', 'signatories'];

/** The lists in which a record stands besides that of its kind. An item's provider may change, and items are few: no list. */
export function facetLists<K extends keyof RecordKinds>(kind: K, record: RecordKinds[K]): string[] {
  const { enterprise, platforms = [], recipient, provider, authority } = facetsOf(kind, record);
  return [
    ...(enterprise === undefined || UNDER_THE_REF.includes(kind) ? [] : [facetList(kind, 'enterprise', enterprise)]),
    ...platforms.map((platform) => facetList(kind, 'platform', platform)),
    ...(recipient === undefined ? [] : [facetList(kind, 'recipient', recipient)]),
    ...(provider === undefined || kind === 'catalogue-item' ? [] : [facetList(kind, 'provider', provider)]),
    ...(authority === undefined ? [] : [facetList(kind, 'authority', authority)]),
  ];
}

/** The shortest list that holds every record of the filter; undefined when only the list of the kind does. */
export function listFor(kind: keyof RecordKinds, filter: RecordFilter): string | undefined {
  if (filter.enterprise !== undefined && !UNDER_THE_REF.includes(kind)) return facetList(kind, 'enterprise', filter.enterprise);
  if (filter.recipient !== undefined) return facetList(kind, 'recipient', filter.recipient);
  if (filter.provider !== undefined && kind !== 'catalogue-item') return facetList(kind, 'provider', filter.provider);
  if (filter.authority !== undefined) return facetList(kind, 'authority', filter.authority);
  return filter.platform === undefined ? undefined : facetList(kind, 'platform', filter.platform);
}

/** The ids under which a release is traced along an axis, each once. */
export function tracedUnder(axis: TraceAxis, release: Release): string[] {
  if (axis === 'provider') return [...new Set(release.items.flatMap((item) => item.provider ?? []))];
  if (axis === 'platform') return platformsOf(release);
  const id = release[axis];
  return id === undefined ? [] : [id];
}

/** Through or to a platform: the grant's and its conduit; without a grant whoever asked, received or sent, for a release tells no roles. */
function platformsOf({ platform, conduit, requester, recipient, sender, selfReported }: Release): string[] {
  if (platform !== undefined) return conduit === undefined ? [platform] : [...new Set([platform, conduit])];
  return [...new Set([requester, recipient, ...(selfReported ? [sender] : [])])];
}

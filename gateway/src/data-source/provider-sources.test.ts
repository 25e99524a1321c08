import type { DataSource, SourceAnswer } from './data-source';
import { ProviderSources } from './provider-sources';

const request = { item: 'TAX-03', itemVersion: 1, subjectRef: '00'.repeat(16), requestId: '01'.repeat(16), signal: new AbortController().signal };

/** A provider that says only who it is. */
function speaking(provider: string): DataSource {
  return { fetch: ({ item, itemVersion, subjectRef }) => Promise.resolve({ item, itemVersion, subjectRef, provider, rows: [], rowCount: 0, digest: '', salt: '', time: '', signature: '', keyId: '' } satisfies SourceAnswer) };
}

describe('all providers as one source', () => {
  const sources = new Map([['tax-service', speaking('tax-service')], ['power-grid', speaking('power-grid')]]);
  const providerOf = (item: string): string | undefined => ({ 'TAX-03': 'tax-service', 'UTL-01': 'power-grid', 'CUS-02': 'xian-customs' })[item];

  it('asks the provider that the catalogue names', async () => {
    const all = new ProviderSources(providerOf, sources);
    expect((await all.fetch(request)).provider).toBe('tax-service');
    expect((await all.fetch({ ...request, item: 'UTL-01' })).provider).toBe('power-grid');
  });

  it.each(['CUS-02', 'XXX-01'])('says that %s has no source', async (item) => {
    await expect(new ProviderSources(providerOf, sources).fetch({ ...request, item })).rejects.toMatchObject({ name: 'SourceError', kind: 'unavailable', item });
  });
});

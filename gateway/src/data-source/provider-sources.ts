import type { DataSource, SourceAnswer, SourceRequest } from './data-source';
import { SourceError } from './source-error';

/** All providers as one source: each item is asked of the provider that the catalogue names for it. */
export class ProviderSources implements DataSource {
  /**
   * @param providerOf the provider of an item by the catalogue in force; undefined for an unknown item.
   * @param sources by provider id.
   */
  constructor(
    private readonly providerOf: (item: string) => string | undefined,
    private readonly sources: ReadonlyMap<string, DataSource>,
  ) {}

  async fetch(request: SourceRequest): Promise<SourceAnswer> {
    const provider = this.providerOf(request.item);
    const source = provider === undefined ? undefined : this.sources.get(provider);
    if (source === undefined) throw SourceError.unavailable(provider ?? 'no provider', request.item, 'no data source is configured for it; add its address to the configuration');
    return source.fetch(request);
  }
}

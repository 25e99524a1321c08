import { readFileSync } from 'node:fs';
import type { HandoverChannel } from './handover-channel';
import { HttpHandoverChannel } from './http-handover-channel';

/** Where an authority's system is reached. */
export interface HandoverPlace {
  readonly endpoint: string;
  /** A file of PEM roots that its certificate must lead to; Node's own unless given. */
  readonly authorities?: string | undefined;
}

/** The ways to authorities' systems. */
export interface HandoverChannels {
  channelOf(authority: string): HandoverChannel | undefined;
  close(): void | Promise<void>;
}

/** Opens a channel to each authority's system. @throws TypeError for an address that cases may not be sent to. */
export function openHandoverChannels(places: Readonly<Record<string, HandoverPlace>>): HandoverChannels {
  const channels = new Map(
    Object.entries(places).map(([authority, { endpoint, authorities }]) => [authority, new HttpHandoverChannel({ endpoint, ...(authorities === undefined ? {} : { authorities: readFileSync(authorities, 'utf8') }) })]),
  );
  return {
    channelOf: (authority) => channels.get(authority),
    close: () => {
      for (const channel of channels.values()) channel.close();
    },
  };
}

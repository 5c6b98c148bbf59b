import type { ServerResponse } from 'node:http';
import type { Change, State } from './view.ts';

/** Changes are told together, so often at most. */
const TOGETHER_MS = 40;
const HEARTBEAT_MS = 15_000;
/** Who does not read what is sent is let go, and begins anew when it reads again. */
const UNREAD_MAX_BYTES = 16 * 1024 * 1024;

/** Server-sent events to any number of pages. */
export interface Live {
  /** Sends everything, and from then on what changes. */
  join(response: ServerResponse, headers: Readonly<Record<string, string>>): void;
  /** Something has changed: it is told soon. */
  touch(): void;
  close(): void;
}

/**
 * @param changes what has changed since it was last asked; undefined for nothing
 */
export function openLive({
  state,
  changes,
}: {
  state: () => State;
  changes: () => Change | undefined;
}): Live {
  const pages = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;

  function tell(): void {
    timer = undefined;
    const change = changes();
    if (change === undefined) return;
    const event = `event: change\ndata: ${JSON.stringify(change)}\n\n`;
    for (const page of pages) {
      page.write(event);
      if (page.writableLength > UNREAD_MAX_BYTES) page.destroy();
    }
  }

  const heartbeat = setInterval(() => {
    for (const page of pages) page.write(': still here\n\n');
  }, HEARTBEAT_MS);
  heartbeat.unref();

  return {
    join(response, headers) {
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
      // What others have not been told yet is in here too: told twice, it changes nothing.
      response.write(`retry: 1000\nevent: state\ndata: ${JSON.stringify(state())}\n\n`);
      pages.add(response);
      response.once('close', () => pages.delete(response));
    },
    touch() {
      timer ??= setTimeout(tell, TOGETHER_MS);
    },
    close() {
      clearInterval(heartbeat);
      clearTimeout(timer);
      for (const page of pages) page.destroy();
    },
  };
}

import { type Http, type HttpAnswer, TimedOut } from '../../lib/http.ts';
import type { CompleteAnswer, HubSpotAccount } from '../../sandbox/hubspot/account.ts';
import type { Answer } from '../../sandbox/hubspot/answers.ts';
import { transmissionOf } from '../../sandbox/hubspot/transmission.ts';
import type { Chance } from '../chance.ts';
import type { Chronicle } from '../chronicle.ts';
import type { Host } from '../time/host.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Effects } from '../truth/effects.ts';
import type { Fate, Fates } from './fate.ts';

/** From the instance to HubSpot, and what HubSpot takes to answer. */
const WAY_MS = [8, 25] as const;
const WORK_MS = [60, 240] as const;

export interface HubSpotOptions {
  timeline: Timeline;
  account: HubSpotAccount;
  chance: Chance;
  fates: Fates;
  effects: Effects;
  chronicle: Chronicle;
  /** The instance dies at this point of its work. */
  die(host: Host): void;
  onFate(name: string): void;
  /** HubSpot counts the call. */
  onArrival(isOverLimit: boolean): void;
  onAnswer(host: Host, status: number): void;
}

/** HubSpot at the end of a wire that takes time, loses things and breaks. */
export function createHubSpot({
  timeline,
  account,
  chance,
  fates,
  effects,
  chronicle,
  die,
  onFate,
  onArrival,
  onAnswer,
}: HubSpotOptions) {
  return function httpFrom(host: Host): Http {
    return (url, { method, headers, body, timeoutMs }) => {
      const path = url.slice(url.indexOf('/', 'https://'.length));
      const call = effects.callOf(host, method, path, body);
      const fate = fates({ host, method, path, person: call.person }, chance);
      if (fate !== undefined) onFate(fate.name);
      const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
      if (fate !== undefined && 'dies' in fate && fate.dies === 'before') {
        chronicle.tell(call.person, () => `${host.name} dies before ${method} ${path}`);
        die(host);
        return promise;
      }
      let over = false;
      const limit = host.after(timeoutMs, () => {
        if (over) return;
        chronicle.tell(call.person, () => `${host.name} gives ${method} ${path} up`);
        reject(new TimedOut());
      });
      const end = () => {
        over = true;
        limit.cancel();
      };

      const lost = (code: string) =>
        host.after(0, () => {
          end();
          chronicle.tell(call.person, () => `${host.name} loses the connection of ${method} ${path}`);
          reject(Object.assign(new Error(code), { code }));
        });

      const ownFault = fate !== undefined && 'fault' in fate ? fate.fault : undefined;
      const answer = (given: Answer, fault = ownFault) => {
        const complete: CompleteAnswer = account.complete(given);
        const sent = transmissionOf(complete, fault);
        // What the CDN answers by itself knows nothing of HubSpot's headers.
        onAnswer(host, sent.status);
        if (call.verification !== undefined) call.verification.facts.latestStatus = sent.status;
        const own = fault?.type === 'html' ? {} : complete.headers;
        chronicle.tell(
          call.person,
          () =>
            `HubSpot answers ${method} ${path} with ${sent.status}${fate === undefined ? '' : ` (${fate.name})`}: ${sent.body}`,
        );
        host.after(chance.between(...WAY_MS), () => {
          if (fate !== undefined && 'dies' in fate && fate.dies === 'after the answer') {
            chronicle.tell(call.person, () => `${host.name} dies with the answer of ${method} ${path}`);
            die(host);
            return;
          }
          end();
          if (sent.breaksOff) return reject(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
          resolve({
            status: sent.status,
            headers: new Headers({ ...own, ...sent.headers }),
            body: sent.body.toString(),
          });
        });
      };

      const arrive = () => {
        const received = account.receive({
          method,
          url: path,
          body: body ?? '',
          headers: {
            authorization: headers.authorization,
            contentType: headers['content-type'] ?? headers['Content-Type'],
          },
        });
        // What the CDN answers by itself, HubSpot neither sees nor counts.
        if (received.authorization === 'malformed' && account.settings.malformedTokens === 'cdn') {
          timeline.after(chance.between(...WAY_MS), () =>
            answer({ status: 530 }, { type: 'html', status: 530 }),
          );
          return;
        }
        const refusal = received.refusal();
        onArrival(refusal?.status === 429);
        if (refusal !== undefined) {
          timeline.after(chance.between(...WORK_MS) / 4, () => answer(refusal));
          return;
        }
        const apply = (late: boolean): Answer => {
          const given = received.apply();
          effects.applied(call, given, { late });
          return given;
        };
        const workMs = chance.between(...WORK_MS);
        if (fate === undefined) {
          timeline.after(workMs, () => answer(apply(false)));
          return;
        }
        if ('reworded' in fate) {
          timeline.after(workMs, () => answer(fate.reworded(apply(false))));
          return;
        }
        if ('lateMs' in fate) {
          timeline.after(fate.lateMs, () => apply(true));
          return;
        }
        if ('dies' in fate) {
          timeline.after(workMs, () => {
            const given = apply(false);
            if (fate.dies === 'after the write') {
              chronicle.tell(call.person, () => `${host.name} dies after ${method} ${path} took effect`);
              die(host);
            } else answer(given);
          });
          return;
        }
        faulty(fate, apply, workMs);
      };

      const faulty = (
        { fault }: Extract<Fate, { fault: unknown }>,
        apply: (late: boolean) => Answer,
        workMs: number,
      ) => {
        switch (fault.type) {
          case 'delay':
            timeline.after(workMs + fault.ms, () => answer(apply(fault.ms > 9_700)));
            return;
          case 'hang':
            if (fault.when === 'after') timeline.after(workMs, () => apply(false));
            return;
          case 'reset':
            timeline.after(workMs, () => {
              if (fault.when === 'after') apply(false);
              lost('ECONNRESET');
            });
            return;
          case 'html':
            timeline.after(workMs, () => answer({ status: fault.status }));
            return;
          case 'status':
            timeline.after(workMs, () => answer(fault.after ? apply(false) : { status: fault.status }));
            return;
          case 'truncated':
          case 'cut-json':
          case 'empty':
            timeline.after(workMs, () => answer(apply(false)));
        }
      };

      chronicle.tell(
        call.person,
        () =>
          `${host.name} calls ${method} ${path}${fate === undefined ? '' : ` (${fate.name})`} ${body ?? ''}`,
      );
      timeline.after(chance.between(...WAY_MS), arrive);
      return promise;
    };
  };
}

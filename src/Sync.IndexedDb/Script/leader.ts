/** How often those who wait ask whether the leader is there, and how many questions in a row may stay without an answer. */
const ASK_MILLISECONDS = 1000;
const MAX_UNANSWERED = 3;

/** C#'s end of the calls that come from here. */
export interface TermListener {
  invokeMethodAsync(method: 'OnChosen' | 'OnLost'): Promise<void>;
  invokeMethodAsync(method: 'OnFailed', message: string): Promise<void>;
}

/**
 * One who waits to lead, and then leads. Tabs queue for a Web Lock, which the browser hands on when its holder ends or
 * crashes. A holder that is frozen keeps it, so those who wait also ask; where nobody answers, they take the lock away.
 * Questions are counted and not seconds: a tab that slept, or whose timers are throttled, has asked no more meanwhile
 * than it could hear answers to.
 */
export class Candidate {
  private readonly channel: BroadcastChannel;
  private readonly timer: number;
  private queueing = new AbortController();
  private unanswered = 0;
  /** Ends the term; null while it has not begun. */
  private release: (() => void) | null = null;

  constructor(private readonly name: string, private readonly listener: TermListener) {
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }: MessageEvent<'where' | 'here'>) => this.hear(data);
    this.timer = setInterval(() => this.ask(), ASK_MILLISECONDS);
    this.request({ signal: this.queueing.signal });
  }

  /** Ends the term, or leaves the queue. */
  leave(): void {
    clearInterval(this.timer);
    this.channel.close();
    this.queueing.abort();
    this.release?.();
  }

  private request(options: LockOptions): void {
    const queueing = this.queueing;
    let isChosen = false;
    const request = navigator.locks.request(this.name, options, () => {
      // It may have been granted at the moment in which it was given up.
      isChosen = !queueing.signal.aborted;
      return isChosen ? new Promise<void>(release => this.lead(release)) : undefined;
    });
    request.catch((error: unknown) => {
      if (queueing.signal.aborted)
        return;
      this.leave();
      void (isChosen ? this.listener.invokeMethodAsync('OnLost') : this.listener.invokeMethodAsync('OnFailed', String(error)));
    });
  }

  private lead(release: () => void): void {
    clearInterval(this.timer);
    this.release = release;
    this.channel.postMessage('here'); // Others who have lost their patience as well begin to count anew.
    void this.listener.invokeMethodAsync('OnChosen');
  }

  private hear(message: 'where' | 'here'): void {
    if (message === 'here')
      this.unanswered = 0;
    else if (this.release !== null)
      this.channel.postMessage('here');
  }

  private ask(): void {
    if (this.unanswered < MAX_UNANSWERED) {
      this.unanswered++;
      this.channel.postMessage('where');
      return;
    }
    this.unanswered = 0;
    this.queueing.abort();
    this.queueing = new AbortController();
    this.request({ steal: true });
  }
}

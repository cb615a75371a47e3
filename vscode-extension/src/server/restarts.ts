// What happens when the server ends by itself, started up or not: it is started anew, unless it keeps ending; the message names the log.
import { CloseAction, ErrorAction } from 'vscode-languageclient';
import type { CloseHandlerResult, ErrorHandler, ErrorHandlerResult } from 'vscode-languageclient';

const TIMES = 4;
const WITHIN_MS = 3 * 60 * 1000;

export class Restarts {
  private readonly ends: number[] = [];

  constructor(
    private readonly now: () => number,
    /** It will not be started again. */
    private readonly gaveUp: (times: number) => void,
    private readonly again: () => void,
  ) {}

  /** For each server its own. */
  handler(): End {
    return new End(() => { this.ended(); });
  }

  private ended(): void {
    const now = this.now();
    this.ends.push(now);
    while (this.ends[0] !== undefined && now - this.ends[0] > WITHIN_MS) this.ends.shift();
    const times = this.ends.length;
    if (times > TIMES) this.ends.length = 0;
    // Once the client knows that its server is gone.
    setImmediate(() => { if (times > TIMES) this.gaveUp(times); else this.again(); });
  }
}

/** The end of one server: it counts once, whether its connection closes or it cannot start up, and not when it was asked for. */
export class End implements ErrorHandler {
  private isKnown = false;

  constructor(private readonly tell: () => void) {}

  error(): ErrorHandlerResult {
    return { action: ErrorAction.Continue, handled: true };
  }

  /** The client would not start one again that ended while it started up: so a new client does. */
  closed(): CloseHandlerResult {
    this.heard();
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  heard(): void {
    if (!this.isKnown) this.tell();
    this.isKnown = true;
  }

  askedFor(): void {
    this.isKnown = true;
  }
}

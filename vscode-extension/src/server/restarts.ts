// What happens when the server ends by itself: it is started anew, unless it keeps ending; the message names the log.
import { CloseAction, ErrorAction } from 'vscode-languageclient';
import type { CloseHandlerResult, ErrorHandler, ErrorHandlerResult } from 'vscode-languageclient';

const TIMES = 4;
const WITHIN_MS = 3 * 60 * 1000;

export class Restarts implements ErrorHandler {
  private readonly ends: number[] = [];

  constructor(
    private readonly now: () => number,
    /** It will not be started again. */
    private readonly gaveUp: (times: number) => void,
    private readonly restarting: () => void,
  ) {}

  error(): ErrorHandlerResult {
    return { action: ErrorAction.Continue };
  }

  closed(): CloseHandlerResult {
    const now = this.now();
    this.ends.push(now);
    while (this.ends[0] !== undefined && now - this.ends[0] > WITHIN_MS) this.ends.shift();
    if (this.ends.length > TIMES) {
      this.gaveUp(this.ends.length);
      this.ends.length = 0;
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    this.restarting();
    return { action: CloseAction.Restart, handled: true };
  }
}

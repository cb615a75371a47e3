// Waiting for a state: looked at again and again, with a message that says what was waited for.
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 90_000;
const EVERY_MS = 50;

export async function until(what, holds, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(EVERY_MS);
  }
}

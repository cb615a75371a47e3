// The client of the protocol. What goes wrong in it goes into the log alone: what people are told is said once, by who starts it.
import { LanguageClient } from 'vscode-languageclient/node';

export class Client extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

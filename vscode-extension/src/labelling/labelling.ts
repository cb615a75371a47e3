// Labelling row by row: one key a row. The server says which row is next and what each key would do; here keys are heard in their order, edits
// are made, and the row stays in view with its labels beside it.
import * as vscode from 'vscode';
import type { Range as LspRange } from 'vscode-languageclient';
import type { Row } from '../server/protocol';
import type { Server } from '../server/server';
import type { Words } from '../marks/words';
import { Beside } from './beside';

const { t } = vscode.l10n;

interface Current {
  readonly document: vscode.TextDocument;
  readonly row: Row;
}

export class Labelling implements vscode.Disposable {
  private readonly beside = new Beside();
  private readonly disposables: { dispose(): unknown }[];
  /** Keys are heard one after the other, however fast they come. */
  private turn: Promise<void> = Promise.resolve();
  private active = false;
  private current: Current | undefined;
  /** Where labels were given, for undo. */
  private readonly past: { document: vscode.TextDocument; at: vscode.Position }[] = [];
  private unsaved = 0;
  /** Of the model that the row in view was asked about. */
  private version: number | undefined;

  constructor(
    private readonly server: Server,
    private readonly words: Words,
  ) {
    const command = (name: string, run: (argument: unknown) => Promise<void>) =>
      vscode.commands.registerCommand(`gloss.labelling.${name}`, (argument: unknown) => this.later(() => run(argument)));
    this.disposables = [
      this.beside,
      command('start', () => this.start()),
      command('stop', () => { this.stop(); return Promise.resolve(); }),
      command('accept', () => this.accept()),
      command('choose', (number) => this.choose(Number(number))),
      command('skip', () => this.goOn('gloss.nextToLabel')),
      command('suspect', () => this.goOn('gloss.nextSuspect')),
      command('undo', () => this.undo()),
      command('keep', () => this.keep()),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (this.active && editor !== undefined && editor.document !== this.current?.document) this.stop();
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        const byHand = event.kind === vscode.TextEditorSelectionChangeKind.Mouse || event.kind === vscode.TextEditorSelectionChangeKind.Keyboard;
        if (this.active && byHand) void this.later(() => this.look(event.textEditor));
      }),
      server.onChange(() => {
        const editor = this.editor();
        const version = editor === undefined ? undefined : server.status(editor.document.uri)?.model?.version;
        if (!this.active || editor === undefined || version === this.version) return;
        // A new model has other suggestions for the row in view.
        this.version = version;
        void this.later(() => this.look(editor));
      }),
    ];
  }

  dispose(): void {
    for (const one of this.disposables) one.dispose();
  }

  private later(run: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(run).catch((error: unknown) => {
      this.server.log.error(`Labelling: ${String(error)}`);
    });
    return this.turn;
  }

  private async start(): Promise<void> {
    const editor = this.editor();
    if (editor === undefined || this.server.status(editor.document.uri) === undefined) {
      void vscode.window.showInformationMessage(t('Open a data set to label it row by row.'));
      return;
    }
    await this.mode(true);
    const here = await this.ask(editor, editor.selection);
    if (here === undefined || here.labelled) await this.goOn('gloss.nextToLabel', editor.selection.active);
    else await this.show(editor, here);
  }

  private stop(): void {
    void this.mode(false);
    this.current = undefined;
    this.beside.clear();
    this.words.clear();
  }

  private async mode(active: boolean): Promise<void> {
    this.active = active;
    await vscode.commands.executeCommand('setContext', 'gloss.labelling', active);
  }

  private async accept(): Promise<void> {
    const at = await this.here();
    if (at === undefined) return;
    if (at.row.accept?.edit != null && !(await this.make(at, at.row.accept.edit))) return;
    await this.goOn('gloss.nextToLabel');
  }

  private async choose(number: number): Promise<void> {
    const at = await this.here();
    const edit = at?.row.choices[number - 1]?.edit;
    if (at === undefined || edit == null || !(await this.make(at, edit))) return;
    if (at.row.task === 'single') {
      await this.goOn('gloss.nextToLabel');
    } else {
      // There may be more to say of this row: Enter goes on.
      const editor = this.editor();
      if (editor !== undefined) await this.look(editor);
    }
  }

  private async keep(): Promise<void> {
    const at = await this.here();
    if (at?.row.keep == null) return;
    await this.server.ask('gloss.keep', at.document.uri.toString(), ...at.row.keep);
    await this.goOn('gloss.nextSuspect');
  }

  private async undo(): Promise<void> {
    const editor = this.editor();
    const last = this.past.pop();
    if (editor === undefined || last?.document !== editor.document) return;
    await vscode.commands.executeCommand('undo');
    this.unsaved = Math.max(0, this.unsaved - 1);
    const row = await this.ask(editor, new vscode.Range(last.at, last.at));
    // The part of a text that had the label is selected again, to be given another one.
    if (row?.task === 'spans') await this.look(editor);
    else if (row !== undefined) await this.show(editor, row);
  }

  private async make(at: Current, edit: NonNullable<NonNullable<Row['accept']>['edit']>): Promise<boolean> {
    if (!(await this.server.edit(edit))) {
      this.server.log.warn('An edit was not made: the file had changed meanwhile.');
      return false;
    }
    this.past.push({ document: at.document, at: position(at.row.range.start) });
    this.unsaved += 1;
    const every = vscode.workspace.getConfiguration('gloss').get<number>('labelling.saveEvery', 0);
    if (every > 0 && this.unsaved >= every) {
      this.unsaved = 0;
      await at.document.save();
    }
    return true;
  }

  /** Goes to the next row of a kind. Outside of labelling it is gone to as well, only without its labels beside it. */
  private async goOn(command: 'gloss.nextToLabel' | 'gloss.nextSuspect', after?: vscode.Position): Promise<void> {
    const editor = this.editor();
    if (editor === undefined) return;
    const uri = editor.document.uri.toString();
    const next = await this.server.ask<{ range: LspRange }>(command, uri, { show: false, ...(after === undefined ? {} : { after }) });
    if (next === undefined) {
      const what = command === 'gloss.nextSuspect' ? t('No label of this file is doubted.') : t('Every row of this file has a label.');
      void vscode.window.setStatusBarMessage(`$(check) ${what}`, 5000);
      this.beside.clear();
      this.words.clear();
      return;
    }
    const row = await this.ask(editor, range(next.range));
    if (row !== undefined) await this.show(editor, row);
  }

  /** What is now at the cursor. */
  private async look(editor: vscode.TextEditor): Promise<void> {
    if (!this.active || editor !== this.editor()) return;
    const row = await this.ask(editor, editor.selection);
    if (row !== undefined) this.draw(editor, row);
  }

  private async show(editor: vscode.TextEditor, row: Row): Promise<void> {
    const whole = range(row.range);
    const caret = row.task === 'spans' ? whole.start : position(row.labelRange.start);
    editor.selection = new vscode.Selection(caret, caret);
    editor.revealRange(whole, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    if (this.active) this.draw(editor, row);
    return Promise.resolve();
  }

  private draw(editor: vscode.TextEditor, row: Row): void {
    this.current = { document: editor.document, row };
    this.beside.show(editor, row);
    if (vscode.workspace.getConfiguration('gloss').get<boolean>('labelling.explain', true)) {
      void this.words.show(editor, position(row.range.start));
    }
  }

  /** The row that keys are for. */
  private async here(): Promise<Current | undefined> {
    const editor = this.editor();
    if (editor === undefined) return undefined;
    // Spans are given to what is selected.
    const row = await this.ask(editor, editor.selection);
    return row === undefined ? undefined : { document: editor.document, row };
  }

  private ask(editor: vscode.TextEditor, at: vscode.Range): Promise<Row | undefined> {
    return this.server.ask<Row>('gloss.row', editor.document.uri.toString(), { start: at.start, end: at.end });
  }

  private editor(): vscode.TextEditor | undefined {
    return vscode.window.activeTextEditor;
  }
}

function position({ line, character }: LspRange['start']): vscode.Position {
  return new vscode.Position(line, character);
}

function range({ start, end }: LspRange): vscode.Range {
  return new vscode.Range(position(start), position(end));
}

// What the server says beyond LSP; server/docs/clients.md has the words for it.
import { NotificationType } from 'vscode-languageclient';
import type { Range, WorkspaceEdit } from 'vscode-languageclient';

export interface Status {
  readonly root: string | null;
  readonly name: string;
  /** Of the data set, those that are open. */
  readonly files: readonly string[];
  readonly rows: number;
  readonly labelled: number;
  readonly toLabel: number;
  readonly suspects: number;
  readonly model: Model | null;
  readonly learning: Learning | null;
  readonly missing: string | null;
}

export interface Model {
  readonly step: string;
  readonly version: number;
  /** What it is worth, in words. */
  readonly says: string;
  readonly measure: { readonly name: string; readonly value: number; readonly low: number; readonly high: number } | null;
}

export interface Learning {
  readonly stage: string;
  /** From 0 to 1. */
  readonly fraction: number;
  /** `left`: seconds of this training. */
  readonly epoch: { readonly epochs: number; readonly training: number; readonly trainings: number; readonly left: number } | null;
}

export const statusNotification = new NotificationType<Status>('gloss/status');

export interface RowAt {
  readonly uri: string;
  readonly line: number;
  /** Of its label. */
  readonly range: Range;
  readonly label: string | null;
  readonly text: string;
}

export interface Measured {
  readonly given: number;
  readonly predicted: number;
  readonly hits: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

export interface Estimate {
  readonly rows: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  readonly macroF1: number;
  readonly microF1: number;
  readonly ece: number;
  readonly logLoss: number;
}

export interface Run {
  /** Seconds since 1970. */
  readonly at: number;
  readonly version: number;
  readonly step: string;
  readonly seconds: number;
  readonly rows: number;
  readonly labelled: number;
  readonly estimate: Estimate;
  readonly test: Estimate | null;
}

export interface LabelReport {
  readonly label: string;
  readonly rows: number;
  readonly measured: Measured | null;
  /** Some of those that models say, too. */
  readonly right: readonly RowAt[];
  readonly guideline: string | null;
}

export interface Confusion {
  readonly given: string;
  readonly instead: string;
  readonly count: number;
  readonly rows: readonly RowAt[];
}

export interface Bin {
  readonly count: number;
  readonly right: number;
  readonly sum: number;
}

export interface Report {
  readonly status: Status;
  readonly labels: readonly LabelReport[];
  readonly confusions: readonly Confusion[];
  readonly calibration: readonly Bin[];
  readonly estimate: Estimate | null;
  readonly test: Estimate | null;
  readonly next: readonly RowAt[];
  readonly suspects: readonly RowAt[];
  readonly runs: readonly Run[];
  readonly problem: string | null;
}

export interface Choice {
  readonly name: string;
  readonly probability: number | null;
  readonly given: boolean;
  readonly edit: WorkspaceEdit | null;
}

export interface Row {
  readonly range: Range;
  readonly labelRange: Range;
  readonly labelled: boolean;
  readonly task: 'single' | 'multi' | 'spans';
  readonly accept: { readonly title: string; readonly edit: WorkspaceEdit | null } | null;
  /** Text and label of a decision to keep. */
  readonly keep: readonly [string, string] | null;
  readonly choices: readonly Choice[];
}

export interface Explanation {
  readonly label: string | null;
  readonly words: readonly { readonly range: Range; readonly text: string; readonly weight: number }[];
}

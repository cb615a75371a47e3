// The view 'Labels': rows to label next and suspects, then every label with how many rows have it and how well it is told; beneath each the
// rows that ask for a person.
import * as vscode from 'vscode';
import type { LabelReport, Report, RowAt } from './server/protocol';
import type { Reports } from './reports';

const { t } = vscode.l10n;

type Node =
  | { readonly kind: 'group'; readonly name: string; readonly icon: string; readonly rows: readonly RowAt[] }
  | { readonly kind: 'label'; readonly label: LabelReport; readonly next: readonly RowAt[]; readonly suspects: readonly RowAt[] }
  | { readonly kind: 'row'; readonly row: RowAt; readonly icon: string };

export class Labels implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly disposables: { dispose(): unknown }[];
  private report: Report | undefined;

  constructor(reports: Reports) {
    this.view = vscode.window.createTreeView('gloss.labels', { treeDataProvider: this, showCollapseAll: true });
    const watching = reports.watch(() => this.view.visible, (report) => { this.take(report); });
    this.disposables = [this.view, this.changed, watching, this.view.onDidChangeVisibility(() => { reports.refresh(); })];
  }

  dispose(): void {
    for (const one of this.disposables) one.dispose();
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) return this.report === undefined ? [] : top(this.report);
    if (node.kind === 'group') return node.rows.map((row) => ({ kind: 'row', row, icon: node.icon }));
    if (node.kind === 'row') return [];
    const rows = (all: readonly RowAt[], icon: string): Node[] => all.map((row) => ({ kind: 'row', row, icon }));
    return [...rows(node.suspects, 'warning'), ...rows(node.next, 'arrow-small-right')];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === 'row') return rowItem(node.row, node.icon);
    const { Collapsed, None } = vscode.TreeItemCollapsibleState;
    if (node.kind === 'group') {
      const item = new vscode.TreeItem(node.name, Collapsed);
      item.id = node.name;
      item.description = String(node.rows.length);
      item.iconPath = new vscode.ThemeIcon(node.icon);
      return item;
    }
    const { label, rows, measured, guideline } = node.label;
    const item = new vscode.TreeItem(label, node.next.length + node.suspects.length > 0 ? Collapsed : None);
    const f1 = measured?.f1 == null ? '' : ` · F1 ${Math.round(measured.f1 * 100)}%`;
    item.id = `label ${label}`;
    item.description = `${rows.toLocaleString('en')}${f1}`;
    item.iconPath = new vscode.ThemeIcon('tag');
    item.tooltip = guideline === null ? label : new vscode.MarkdownString(`**${label}**: ${guideline}`);
    const spoken = measured?.f1 == null ? t('not measured yet') : t('F1 {0} percent', Math.round(measured.f1 * 100));
    item.accessibilityInformation = { label: t('{0}, {1} rows, {2}', label, rows, spoken) };
    return item;
  }

  private take(report: Report | undefined): void {
    this.report = report;
    this.view.description = report?.status.name ?? '';
    this.changed.fire(undefined);
  }
}

function top({ labels, next, suspects }: Report): Node[] {
  const of = (rows: readonly RowAt[], label: string) => rows.filter((row) => row.label === label);
  const groups: Node[] = [
    { kind: 'group', name: t('To label next'), icon: 'arrow-small-right', rows: next },
    { kind: 'group', name: t('Suspects'), icon: 'warning', rows: suspects },
  ];
  const nodes = labels.map((label): Node => ({ kind: 'label', label, next: of(next, label.label), suspects: of(suspects, label.label) }));
  return [...groups.filter((group) => group.kind === 'group' && group.rows.length > 0), ...nodes];
}

function rowItem(row: RowAt, icon: string): vscode.TreeItem {
  const item = new vscode.TreeItem(row.text);
  item.description = String(row.line + 1);
  item.iconPath = new vscode.ThemeIcon(icon);
  item.command = { title: t('Open'), command: 'vscode.open', arguments: [vscode.Uri.parse(row.uri), { selection: row.range } satisfies Shown] };
  return item;
}

interface Shown {
  readonly selection: RowAt['range'];
}

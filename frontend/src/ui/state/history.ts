/** Undo and redo over snapshots; changes that belong together (a drag, a burst of typing) count once. */
export class History<T> {
  private past: T[] = [];
  private future: T[] = [];
  private lost: T[] = []; // the future before the last change
  private group: unknown;

  /** Remember the state before a change; a change of the group that is still open is part of it. */
  before(state: T, group: unknown): void {
    if (group !== undefined && group === this.group) return;
    this.past.push(state);
    this.lost = this.future;
    this.future = [];
    this.group = group;
  }

  close(): void {
    this.group = undefined;
  }

  /** What was before an open group, which then has never been; nothing if it has changed nothing. */
  takeBack(group: unknown): T | undefined {
    if (group === undefined || group !== this.group) return undefined;
    this.close();
    this.future = this.lost;
    return this.past.pop();
  }

  undo(now: T): T | undefined {
    return this.travel(this.past, this.future, now);
  }

  redo(now: T): T | undefined {
    return this.travel(this.future, this.past, now);
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  private travel(from: T[], to: T[], now: T): T | undefined {
    const state = from.pop();
    if (state === undefined) return undefined;
    to.push(now);
    this.close();
    return state;
  }
}

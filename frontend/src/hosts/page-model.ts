import type { Model } from "../model";

/** A model that lives in the page: listeners are called at once, and there is nobody to save to. */
export const pageModel = (state: Record<string, unknown>): Model => {
  const listeners = new Map<string, Set<() => void>>();
  return {
    get: (key) => state[key],
    set: (key, value) => {
      if (Object.is(state[key], value)) return;
      state[key] = value;
      for (const event of [`change:${key}`, "change"]) listeners.get(event)?.forEach((callback) => callback());
    },
    on: (event, callback) => void listeners.set(event, (listeners.get(event) ?? new Set()).add(callback)),
    off: (event, callback) => void listeners.get(event)?.delete(callback),
  };
};

/** The state as an element's attribute holds it. */
export const readState = (text: string): Record<string, unknown> => {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    throw new Error("its state is damaged or cut off");
  }
  if (typeof state !== "object" || state === null || Array.isArray(state))
    throw new Error("its state is not an object");
  return state as Record<string, unknown>;
};

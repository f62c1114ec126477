/** What stands in a field and is no value yet. A layer's drafts go where it goes, and are never sent. No page. */
import { KINDS, read, readShape, wellFormed, type Layer, type Parameter } from "../../math/chain";

export interface Drafts {
  /** What stands in the field of a layer's parameter, if it is no value. */
  of(layer: Layer, parameter: Parameter): string | undefined;
  /** The layers as they are typed. */
  typed(layers: readonly Layer[]): Layer[];
  /** Take a text: the layer with its value, or nothing where it is none, and stays as typed. */
  take(layer: Layer, parameter: Parameter, text: string): Layer | undefined;
  /** What stands in the field of the input's shape, if it is none. */
  shape(): string | undefined;
  takeShape(text: string): number[] | undefined;
}

export const drafts = (): Drafts => {
  const kept = new WeakMap<Layer, Partial<Record<Parameter, string>>>();
  let shapeDraft: string | undefined;
  return {
    of: (layer, parameter) => kept.get(layer)?.[parameter],
    typed: (layers) => layers.map((layer) => ({ ...layer, ...kept.get(layer) })),
    take: (layer, parameter, text) => {
      const value = read(text);
      const blank = text.trim() === "" && KINDS[layer.kind][parameter] !== null;
      if (!blank && !wellFormed(parameter, value)) {
        kept.set(layer, { ...kept.get(layer), [parameter]: text });
        return undefined;
      }
      const { [parameter]: _, ...others } = kept.get(layer) ?? {};
      const { [parameter]: __, ...rest } = layer;
      const next = (blank ? rest : { ...layer, [parameter]: value }) as Layer;
      kept.set(next, others);
      // Where nothing has changed, the chain keeps the object that it has.
      if (JSON.stringify(next) === JSON.stringify(layer)) kept.set(layer, others);
      else kept.delete(layer);
      return next;
    },
    shape: () => shapeDraft,
    takeShape: (text) => {
      const shape = readShape(text);
      shapeDraft = shape ? undefined : text;
      return shape;
    },
  };
};

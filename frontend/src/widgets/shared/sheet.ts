/** Maps side by side on one canvas: where each stands, which place a pointer is at, how a cell becomes a block. */

/** Where each map stands, in canvas pixels, and how large its cells are drawn. */
export interface Layout {
  count: number;
  rows: number;
  cols: number;
  /** Maps beside one another. */
  columns: number;
  /** Canvas pixels for a cell. */
  cell: number;
  gap: number;
  width: number;
  height: number;
}

/** The layout with the size of its canvas. */
export const sized = (layout: Omit<Layout, "width" | "height">): Layout => {
  const { count, rows, cols, columns, cell, gap } = layout;
  return {
    ...layout,
    width: columns * (cols * cell + gap) - gap,
    height: Math.ceil(count / columns) * (rows * cell + gap) - gap,
  };
};

/** The map, row and column at a place of the canvas; nothing beside the maps. A gap belongs to the map before it. */
export const placeAt = (layout: Layout, x: number, y: number): [number, number, number] | undefined => {
  const { rows, cols, cell, gap, columns, count } = layout;
  const [wide, high] = [cols * cell + gap, rows * cell + gap];
  const [column, row] = [Math.floor(x / wide), Math.floor(y / high)];
  const map = row * columns + column;
  if (x < 0 || y < 0 || column >= columns || map >= count) return undefined;
  const inside = (at: number, n: number) => Math.min(n - 1, Math.floor(at / cell));
  return [map, inside(y - row * high, rows), inside(x - column * wide, cols)];
};

/** Write one map's cells, 32 bits each, as blocks of pixels where it stands in the canvas. */
export const spreadMap = (tones: Uint32Array, map: number, layout: Layout, out: Uint32Array): void => {
  const { rows, cols, columns, cell, gap, width } = layout;
  const left = (map % columns) * (cols * cell + gap);
  const top = Math.floor(map / columns) * (rows * cell + gap);
  for (let i = 0, from = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) {
      const tone = tones[from++];
      let at = (top + i * cell) * width + left + j * cell;
      for (let y = 0; y < cell; y++, at += width) out.fill(tone, at, at + cell);
    }
};

/** Boxes over a picture as data, and what puts them on a canvas: one element, however many boxes there are. */
import type { Box, Sides } from "../../math/boxes";
import { h } from "../../ui/dom";

/** The page's tones, which a canvas asks for by name. */
export const TONES = {
  input: "input",
  kernel: "kernel",
  output: "output",
  ink: "ink",
  muted: "muted",
  ground: "ground",
  line: "line",
};
export type Tone = Exclude<keyof typeof TONES, "ground" | "line">;

export interface Look {
  tone: Tone;
  line: "solid" | "dashed" | "dotted";
  width: number;
}
export interface Outline extends Look {
  box: Box;
  /** Written at its corner. */
  tag?: string;
}
/** What is drawn over a picture, as data: a line's style says what its colour says. */
export interface Scene {
  /** Rows and columns of the grid over the picture. */
  grid?: Sides;
  /** Hatched areas; strong ones in ink. */
  areas: { box: Box; strong: boolean }[];
  outlines: Outline[];
  dots: { at: readonly [x: number, y: number]; tone: Tone }[];
}
/** What the lines mean. */
export type Legend = [look: Look, text: string][];

export const look = (tone: Tone, line: Look["line"], width: number): Look => ({ tone, line, width });

/** A legend's lines, for an element of class `lines-key`. */
export const legendNodes = (legend: Legend): HTMLElement[] =>
  legend.map(([{ tone, line, width }, text]) => {
    const swatch = h("i");
    swatch.style.borderTop = `${width}px ${line} var(--cnn-${tone})`;
    return h("span", {}, swatch, text);
  });

export interface Sheet {
  el: HTMLCanvasElement;
  draw(scene: Scene, size: Sides, tones: Record<keyof typeof TONES, string>): void;
}

const FONT = "600 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";
const [TAG, EDGE] = [16, 4]; // px: a tag's height, and the room beside its text
/** How long a dash is, and from where to where the next. (The canvas' own dashes take ten times as long.) */
const DASHES: Record<Look["line"], [long: number, pitch: number]> = {
  solid: [Infinity, Infinity],
  dashed: [7, 11],
  dotted: [3, 9],
};

export const sheet = (): Sheet => {
  const el = h("canvas");
  const context = el.getContext("2d");
  const widths = new Map<string, number>();

  /** As many pixels as the screen has there; drawing goes on in those of the page. */
  const fit = (paper: CanvasRenderingContext2D): [width: number, height: number] => {
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [el.clientWidth, el.clientHeight];
    const pixels = [width, height].map((side) => Math.max(1, Math.round(side * ratio)));
    if (el.width !== pixels[0]) el.width = pixels[0];
    if (el.height !== pixels[1]) el.height = pixels[1];
    paper.setTransform(ratio, 0, 0, ratio, 0, 0);
    paper.clearRect(0, 0, width, height);
    return [width, height];
  };

  const draw: Sheet["draw"] = ({ grid, areas, outlines, dots }, size, tones) => {
    if (!context) return;
    const paper = context;
    const [width, height] = fit(paper);
    const [sx, sy] = [width / size[1], height / size[0]];
    const rectangle = ([x1, y1, x2, y2]: Box): [number, number, number, number] => [
      ...([x1 * sx, y1 * sy] as const),
      ...([Math.max(1, (x2 - x1) * sx), Math.max(1, (y2 - y1) * sy)] as const),
    ];

    /** Lines down to the left, on a veil of the ground, so that they are seen on any picture. */
    const hatch = (box: Box, strong: boolean) => {
      const [x, y, w, d] = rectangle(box);
      if (box[0] >= box[2] || box[1] >= box[3]) return;
      paper.save();
      paper.beginPath();
      paper.rect(x, y, w, d);
      paper.clip();
      paper.globalAlpha = strong ? 0.55 : 0.3;
      paper.fillStyle = tones.ground;
      paper.fillRect(x, y, w, d);
      paper.globalAlpha = strong ? 0.9 : 0.5;
      paper.strokeStyle = tones.ink;
      paper.lineWidth = 1;
      paper.beginPath();
      const pitch = strong ? 6 : 12;
      for (let at = Math.ceil((x + y) / pitch) * pitch; at < x + y + w + d; at += pitch) {
        paper.moveTo(at - y, y);
        paper.lineTo(at - y - d, y + d);
      }
      paper.stroke();
      paper.restore();
    };
    const stroke = (box: Box, { tone, line, width: thick }: Look) => {
      const [x, y, w, d] = rectangle(box);
      paper.lineWidth = thick + 2;
      paper.strokeStyle = tones.ground;
      paper.strokeRect(x, y, w, d);
      const [long, pitch] = DASHES[line];
      const half = thick / 2;
      paper.beginPath();
      for (let at = -half; at < w + half; at += pitch)
        for (const side of [y, y + d]) paper.rect(x + at, side - half, Math.min(long, w + half - at), thick);
      for (let at = -half; at < d + half; at += pitch)
        for (const side of [x, x + w]) paper.rect(side - half, y + at, thick, Math.min(long, d + half - at));
      paper.fillStyle = tones[tone];
      paper.fill();
    };
    const widthOf = (text: string): number => {
      if (!widths.has(text)) {
        if (widths.size > 2000) widths.clear();
        widths.set(text, paper.measureText(text).width);
      }
      return widths.get(text)!;
    };
    const write = (text: string, box: Box, tone: Tone) => {
      const [x, y] = rectangle(box);
      const wide = widthOf(text) + 2 * EDGE;
      const left = Math.max(0, Math.min(width - wide, x));
      const top = y >= TAG ? y - TAG : Math.max(0, y);
      paper.fillStyle = tones[tone];
      paper.fillRect(left, top, wide, TAG);
      paper.fillStyle = tones.ground;
      paper.fillText(text, left + EDGE, top + TAG / 2 + 0.5);
    };

    for (const { box, strong } of areas) hatch(box, strong);
    if (grid) {
      paper.fillStyle = tones.line;
      for (let c = 1; c < grid[1]; c++) paper.fillRect(Math.round((c * width) / grid[1]), 0, 1, height);
      for (let r = 1; r < grid[0]; r++) paper.fillRect(0, Math.round((r * height) / grid[0]), width, 1);
    }
    for (const outline of outlines) stroke(outline.box, outline);
    for (const { at, tone } of dots) {
      paper.beginPath();
      paper.arc(at[0] * sx, at[1] * sy, tone === "muted" ? 2 : 5, 0, 7);
      paper.fillStyle = tones[tone];
      paper.fill();
      if (tone === "muted") continue;
      paper.lineWidth = 2;
      paper.strokeStyle = tones.ground;
      paper.stroke();
    }
    paper.font = FONT;
    paper.textBaseline = "middle";
    for (const { tag, box, tone } of outlines) if (tag) write(tag, box, tone);
  };
  return { el, draw };
};

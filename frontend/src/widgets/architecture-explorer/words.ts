/** The explorer's numbers and words. No page. */
import { grouped, short } from "../../ui/words/format";
import type { Fact } from "../shared/facts";
import type { Network, Part, Sight, SizeBy } from "./math";

const UNITS = ["", " k", " M", " G", " T"];

/** A count in three digits: 37.8 M. */
export const brief = (value: number): string => {
  const rounded = Number(value.toPrecision(3));
  const power = Math.min(UNITS.length - 1, rounded < 1000 ? 0 : Math.floor(Math.log10(rounded) / 3));
  return `${short(Number((rounded / 1000 ** power).toPrecision(3)))}${UNITS[power]}`;
};

export const bytesText = (value: number): string => (value < 1000 ? `${grouped(value)} bytes` : `${brief(value)}B`);

export const sizeText = (size: readonly number[]): string => size.map(grouped).join(" × ") || "1";
export const sightText = (value: Sight): string =>
  value === null
    ? "–"
    : [value]
        .flat()
        .map((each) => short(each, 4))
        .join(" × ");
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What sizes are called. */
export const WORDS: Record<SizeBy, string> = {
  parameters: "parameters",
  multiply_adds: "multiply–adds",
  activations: "activations",
  shape: "activations",
};

/** A shape in few characters: 64 × 224². */
const outputText = ([channels, ...map]: readonly number[]): string =>
  map.length === 2 && map[0] === map[1] ? `${sizeText([channels])} × ${map[0]}²` : sizeText([channels, ...map]);

/** What is written at a line's end. */
export const valueText = (by: SizeBy, value: number, size: readonly number[]): string =>
  by === "shape" ? outputText(size) : brief(value);

/** What is said of some rows: a row of the ledger, or the sums of a group. */
export interface Reading {
  network: Network;
  part: Part;
  sums: { parameters: number; multiply_adds: number; activations: number; memory: number };
  by: SizeBy;
  share: number;
  cumulated: number;
}

const last = ({ part }: Reading): number => part.last - 1;

/** What a line does: its layer, or how many operations it stands for. */
export const layerText = (network: Network, part: Part): string =>
  part.last - part.first > 1 ? `${part.last - part.first} operations` : network.layers[network.layer[part.first]].text;

/** Its name; what the model itself does has none. */
export const nameText = ({ name }: Part, network: Network): string => name || network.title;

export const factsOf = (reading: Reading): Fact[] => {
  const { network, sums, by } = reading;
  const of = `of the network’s ${WORDS[by]}`;
  return [
    { name: "Output", value: sizeText(network.size[last(reading)]), title: "Channels, then positions", wide: true },
    { name: "Parameters", value: grouped(sums.parameters), title: "Counted where they are used first" },
    { name: "Multiply–adds", value: grouped(sums.multiply_adds), title: "One for each product that is summed" },
    { name: "Activations", value: grouped(sums.activations), title: "New values; none where it works in place" },
    { name: "Memory", value: bytesText(sums.memory), title: "What the new values take" },
    {
      name: "Field",
      value: sightText(network.receptive_field[last(reading)]),
      title: "How many positions of the input a unit spans",
    },
    {
      name: "Jump",
      value: sightText(network.jump[last(reading)]),
      title: "How far apart the fields of neighbouring units lie",
    },
    { name: "Share", value: percent(reading.share), title: `How much ${of} is here` },
    { name: "Up to here", value: percent(reading.cumulated), title: `How much ${of} is here or before, in order` },
  ];
};

/** What is read out. */
export const spoken = (reading: Reading): string => {
  const { network, part, sums, by } = reading;
  const rows = factsOf(reading);
  const [output, , , , , field] = rows.map(({ value }) => value);
  const count = { ...sums, shape: sums.activations }[by];
  return (
    `${nameText(part, network)}, ${layerText(network, part)}: output ${output}, ${grouped(count)} ${WORDS[by]}, ` +
    `${percent(reading.share)} of ${network.title}, ${percent(reading.cumulated)} up to here, field ${field}`
  );
};

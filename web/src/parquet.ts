// A table as Parquet, made in the page: one row group, one uncompressed page a column,
// every column optional, as the format's specification has them (parquet-format, thrift).

import type { Table } from './table';

const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

type Field = [id: number, type: number, value: unknown];

const utf8 = new TextEncoder();

/** Thrift's compact protocol, as far as Parquet's footers need it. */
class Compact {
  readonly bytes: number[] = [];

  private varint(value: number): void {
    let left = value;
    while (left >= 128) {
      this.bytes.push((left % 128) + 128);
      left = Math.floor(left / 128);
    }
    this.bytes.push(left);
  }

  private value(type: number, value: unknown): void {
    if (type === I32 || type === I64) this.varint(2 * (value as number)); // zigzag of what is never negative
    else if (type === STRUCT) this.struct(value as Field[]);
    else if (type === BINARY) {
      const text = utf8.encode(value as string);
      this.varint(text.length);
      this.bytes.push(...text);
    } else {
      const [kind, items] = value as [number, unknown[]];
      this.bytes.push((Math.min(items.length, 15) << 4) | kind);
      if (items.length >= 15) this.varint(items.length);
      for (const item of items) this.value(kind, item);
    }
  }

  struct(fields: Field[]): this {
    let last = 0;
    for (const [id, type, value] of fields) {
      this.bytes.push(((id - last) << 4) | type);
      this.value(type, value);
      last = id;
    }
    this.bytes.push(0);
    return this;
  }
}

/** Which values are known, as one bit-packed run of levels, and the values one after another. */
function page(values: (string | number | null)[], text: boolean): number[] {
  const groups = Math.ceil(values.length / 8);
  const levels = new Compact().struct([[1, I32, groups]]).bytes.slice(1, -1); // the varint of 2 * groups
  levels[0] = (levels[0] ?? 0) + 1; // its lowest bit says that a bit-packed run follows
  for (let i = 0; i < groups; i++) {
    levels.push([...Array(8).keys()].reduce((bits, k) => bits | (values[8 * i + k] == null ? 0 : 1 << k), 0));
  }
  const known = values.filter((value) => value !== null);
  return [...int32(levels.length), ...levels, ...known.flatMap((value) => (text ? sized(String(value)) : double(Number(value))))];
}

function int32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
}

function double(value: number): number[] {
  return [...new Uint8Array(new Float64Array([value]).buffer)];
}

function sized(text: string): number[] {
  const bytes = utf8.encode(text);
  return [...int32(bytes.length), ...bytes];
}

/** The file, with what it is about as key-value metadata. */
export function parquet(table: Table, about: Record<string, string>): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [...utf8.encode('PAR1')];
  const count = table.rows.length;
  const schema: Field[][] = [[[4, BINARY, 'schema'], [5, I32, table.columns.length]]];
  const chunks: Field[][] = [];
  const begin = bytes.length;
  table.columns.forEach((column, i) => {
    const type = column.text ? 6 : 5; // BYTE_ARRAY or DOUBLE
    schema.push([[1, I32, type], [3, I32, 1], [4, BINARY, column.name], ...(column.text ? [[6, I32, 0] as Field] : [])]);
    const data = page(table.rows.map((row) => row[i] ?? null), column.text);
    const header = new Compact().struct([[1, I32, 0], [2, I32, data.length], [3, I32, data.length], [5, STRUCT, [[1, I32, count], [2, I32, 0], [3, I32, 3], [4, I32, 3]]]]).bytes;
    const size = header.length + data.length;
    const meta: Field[] = [[1, I32, type], [2, LIST, [I32, [0, 3]]], [3, LIST, [BINARY, [column.name]]], [4, I32, 0], [5, I64, count], [6, I64, size], [7, I64, size], [9, I64, bytes.length]];
    chunks.push([[2, I64, bytes.length], [3, STRUCT, meta]]);
    for (const byte of header) bytes.push(byte);
    for (const byte of data) bytes.push(byte);
  });
  const group: Field[] = [[1, LIST, [STRUCT, chunks]], [2, I64, bytes.length - begin], [3, I64, count]];
  const pairs = Object.entries(about).map(([key, value]): Field[] => [[1, BINARY, key], [2, BINARY, value]]);
  const footer = new Compact().struct([[1, I32, 1], [2, LIST, [STRUCT, schema]], [3, I64, count], [4, LIST, [STRUCT, [group]]], [5, LIST, [STRUCT, pairs]], [6, BINARY, 'banshift']]).bytes;
  return new Uint8Array([...bytes, ...footer, ...int32(footer.length), ...utf8.encode('PAR1')]);
}

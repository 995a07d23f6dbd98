// Makes hub.parquet, plain.parquet and bare.parquet with DuckDB, another implementation of the format. usage: npm install @duckdb/node-api pngjs jpeg-js, then node parquet.mjs OUT_FOLDER
// Picture i has 12 rows of 10 pixels, whose channels are (9y + 7x + 40c + 25i) mod 256; the fourth is a JPEG file, the others are PNG files.
import { DuckDBInstance, blobValue } from '@duckdb/node-api';
import { PNG } from 'pngjs';
import jpeg from 'jpeg-js';
const out = process.argv[2] ?? '.';
const picture = i => {
  const png = new PNG({ width: 10, height: 12 });
  for (let y = 0; y < 12; y++) for (let x = 0; x < 10; x++) for (let c = 0; c < 4; c++) png.data[4 * (10 * y + x) + c] = c === 3 ? 255 : (9 * y + 7 * x + 40 * c + 25 * i) % 256;
  return i === 3 ? jpeg.encode(png, 95).data : PNG.sync.write(png, { colorType: 2 });
};
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run('CREATE TABLE t (i INTEGER, content BLOB)');
for (let i = 0; i < 6; i++) await connection.run('INSERT INTO t VALUES ($1, $2)', [i, blobValue(picture(i))]);
const description = JSON.stringify({ info: { features: { image: { _type: 'Image' }, label: { names: ['cat', 'dog', 'owl'], _type: 'ClassLabel' } } } });
const copy = (columns, file, options) => connection.run(`COPY (SELECT ${columns} FROM t ORDER BY i) TO '${out}/${file}.parquet' (FORMAT parquet, ${options})`);
await copy(`{bytes: content, path: i || '.png'} AS image, (i % 3)::BIGINT AS label`, 'hub', `COMPRESSION snappy, KV_METADATA {huggingface: '${description}'}`);
await copy(`['owl', 'cat', 'dog'][i % 3 + 1] AS category, content AS picture, i::UTINYINT AS other`, 'plain', 'COMPRESSION zstd');
await copy(`CASE WHEN i = 2 THEN NULL ELSE content END AS image, i * 1.5 AS score`, 'bare', 'COMPRESSION uncompressed');

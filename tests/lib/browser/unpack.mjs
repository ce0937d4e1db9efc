// Unpacks a program that comes compressed with Brotli; it is there whole or not at all.
import { createReadStream, createWriteStream, renameSync } from "node:fs";
import { pipeline } from "node:stream";
import { createBrotliDecompress } from "node:zlib";

const [packed, program] = process.argv.slice(2);
const draft = program + "." + process.pid;
pipeline(createReadStream(packed), createBrotliDecompress(), createWriteStream(draft, { mode: 0o755 }), (error) => {
	if (error)
		throw error;
	renameSync(draft, program);
});

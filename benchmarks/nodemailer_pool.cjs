// A pool of nodemailer: node nodemailer_pool.cjs EDITION.json PORT CONNECTIONS. Prints the seconds.
const fs = require("node:fs");
const nodemailer = require("nodemailer");

const [file, port, connections] = process.argv.slice(2);
const edition = JSON.parse(fs.readFileSync(file, "utf-8"));
const pool = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  name: "here",
  secure: false,
  ignoreTLS: true,
  pool: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
});

function message(reader) {
  return {
    from: edition.from,
    to: { name: reader.name, address: reader.address },
    subject: edition.subject,
    html: edition.html.replaceAll(edition.mark, reader.name),
    text: edition.text.replaceAll(edition.mark, reader.name),
    headers: { "List-Unsubscribe": reader.leave },
    textEncoding: "quoted-printable",
  };
}

// A few more under way than there are connections: the pool never waits for us.
async function work(readers) {
  for (let reader = readers.next(); !reader.done; reader = readers.next()) {
    await pool.sendMail(message(reader.value));
  }
}

async function main() {
  const begun = process.hrtime.bigint();
  const readers = edition.readers.values();
  await Promise.all(Array.from({ length: 4 * Number(connections) }, () => work(readers)));
  console.log(Number(process.hrtime.bigint() - begun) / 1e9);
  pool.close();
}

main();

// Runs SQL in DuckDB, in memory: duck.cjs NODE_MODULES SQL | duck.cjs NODE_MODULES --version
const { DuckDBInstance, version } = require(process.argv[2] + "/@duckdb/node-api");

async function main(sql) {
  if (sql === "--version") {
    console.log("DuckDB", version());
    return;
  }
  const instance = await DuckDBInstance.create(":memory:");
  const session = await instance.connect();
  await session.run(sql);
  session.closeSync();
}

main(process.argv[3]).catch((err) => {
  console.error("duck:", err.message);
  process.exit(1);
});

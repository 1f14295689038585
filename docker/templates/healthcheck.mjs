// Asks the service beside it whether it can serve: exit 0 for a good answer within four seconds, 1 otherwise.
const { PORT, HEALTH_PATH } = process.env;
const answer = await fetch(`http://127.0.0.1:${PORT}${HEALTH_PATH}`, { signal: AbortSignal.timeout(4000) }).catch(
  (error) => ({ ok: false, status: error.cause?.code ?? error.name }),
);
if (!answer.ok) console.error(`${HEALTH_PATH}: ${answer.status}`);
process.exit(answer.ok ? 0 : 1);

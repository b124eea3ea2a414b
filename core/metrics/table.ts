/** What one metric is. Units stand in names, as Prometheus wants: seconds, bytes. Source: https://prometheus.io/docs/practices/naming/ */
export interface MetricDefinition {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, rising. */
  readonly buckets?: readonly number[];
}

const counter = (help: string, ...labels: string[]) => ({ kind: "counter", help, labels }) as const;
const gauge = (help: string, ...labels: string[]) => ({ kind: "gauge", help, labels }) as const;
const histogram = (help: string, buckets: readonly number[], ...labels: string[]) =>
  ({ kind: "histogram", help, labels, buckets }) as const;

/** Milliseconds to seconds: commits and requests. */
const short = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;
/** Tenths of a second to minutes: answers. */
const long = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320] as const;

/** Every metric, in the order in which they are told. Counters begin anew with each life of the host. */
export const metricTable = {
  clawdbot_build_info: gauge("Always 1; which program runs.", "version", "runtime"),
  clawdbot_start_time_seconds: gauge("When this life of the host began, Unix time."),
  clawdbot_messages_total: counter(
    "Messages that came in, by what became of them: accepted, handled (a command), duplicate, refused.",
    "channel",
    "outcome",
  ),
  clawdbot_tool_calls_total: counter(
    "Calls of tools, by what became of them: done, waiting (people must approve), refused, failed, unknown, cancelled.",
    "plugin",
    "outcome",
  ),
  clawdbot_turns_total: counter("Turns that ended: answered, failed, cancelled.", "outcome"),
  clawdbot_turns_again_total: counter("Turns that went back into the queue, to be tried again."),
  clawdbot_turns_queued: gauge("Turns that wait."),
  clawdbot_turns_running: gauge("Turns that are being answered."),
  clawdbot_turn_first_token_seconds: histogram("From a question's commit to the first piece of its answer.", long),
  clawdbot_turn_answer_seconds: histogram("From a question's commit to the commit of its answer.", long),
  clawdbot_tokens_total: counter(
    "Tokens of all generations, people's and programs': prompt, prompt_reused (among them), answer.",
    "kind",
  ),
  clawdbot_generations_total: counter("Generations that ended: stop, length, cancelled, failed.", "outcome"),
  clawdbot_generations_running: gauge("Generations that were given to the engine and haven't ended."),
  clawdbot_engine_state: gauge(
    "1 for the state that the answering model is in: idle, loading, ready, failed.",
    "state",
  ),
  clawdbot_engine_sequences: gauge("Answers that the loaded model computes at once; 0 while none is loaded."),
  clawdbot_runners_started_total: counter("Runners that were started.", "role"),
  clawdbot_runner_failures_total: counter("Runners that ended by themselves: crashed, hung.", "role", "kind"),
  clawdbot_process_memory_bytes: gauge("Resident memory of the living processes of a role.", "role"),
  clawdbot_process_descriptors: gauge("Open file descriptors of the living processes of a role.", "role"),
  clawdbot_delivery_attempts_total: counter(
    "What was handed to channels: accepted, refused, unreachable (tried again later).",
    "channel",
    "outcome",
  ),
  clawdbot_delivery_seconds: histogram("How long a channel took over one delivery.", long, "channel"),
  clawdbot_deliveries_ended_total: counter("Deliveries that ended: delivered, refused, expired.", "channel", "outcome"),
  clawdbot_deliveries_pending: gauge("Deliveries that haven't ended."),
  clawdbot_possible_copies_total: counter(
    "Deliveries that were sent again though the first may have arrived, and are marked so.",
  ),
  clawdbot_channel_state: gauge(
    "1 for the state that a channel is in: connecting, ready, degraded, failed.",
    "channel",
    "state",
  ),
  clawdbot_plugins: gauge(
    "Plugins: granted (and ready), known, wrong (void, refused, missing, not ready).",
    "standing",
  ),
  clawdbot_plugin_calls_total: counter("Calls of plugins that ended: done, failed, cancelled.", "plugin", "outcome"),
  clawdbot_plugin_failures_total: counter(
    "Calls of plugins that failed, by why: fuel, deadline, memory, trap, crash, breaker and others.",
    "plugin",
    "code",
  ),
  clawdbot_pairings_open: gauge("Unknown people who wait for an administrator to let them in."),
  clawdbot_database_state: gauge("1 for the state that the database is in: ready, degraded, failed.", "state"),
  clawdbot_database_bytes: gauge("Size of the database file."),
  clawdbot_database_wal_bytes: gauge("Size of the write-ahead log."),
  clawdbot_database_commits_total: counter("Transactions that were committed."),
  clawdbot_database_writes_total: counter("Pieces of work in these transactions."),
  clawdbot_database_commit_seconds: histogram("How long a transaction took, with its flush to the disk.", short),
  clawdbot_database_failures_total: counter("Pieces of work that weren't committed: full, failed, closed.", "kind"),
  clawdbot_objects: gauge("Files that people sent and that are kept."),
  clawdbot_http_requests_total: counter(
    "Requests by the kind of address (page, api, v1, metrics, health, webhook, file, other) and status.",
    "route",
    "status",
  ),
  clawdbot_http_request_seconds: histogram("From a request to the beginning of its answer.", short, "route"),
  clawdbot_log_entries_total: counter("Events of the log, also those that were only counted.", "level"),
  clawdbot_reloads_total: counter(
    "Changed configurations since this host began: applied (in place), refused.",
    "outcome",
  ),
  clawdbot_configuration_problem: gauge("1 while a changed configuration isn't in force because it is bad."),
  clawdbot_configuration_loaded_time_seconds: gauge("When the configuration came into force, Unix time."),
} as const satisfies Record<string, MetricDefinition>;

/** The name of a metric. */
export type MetricName = keyof typeof metricTable;

type OfKind<Kind> = { [N in MetricName]: (typeof metricTable)[N]["kind"] extends Kind ? N : never }[MetricName];
/** The name of a counter. */
export type CounterName = OfKind<"counter">;
/** The name of a gauge. */
export type GaugeName = OfKind<"gauge">;
/** The name of a histogram. */
export type HistogramName = OfKind<"histogram">;

/** Values of labels: just those that the table names. */
export type Labels = Readonly<Record<string, string>>;

/** Most series of one metric: further label values are told as `other`. */
export const seriesMax = 200;

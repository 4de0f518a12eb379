/* The least peer: scan by scan, a transaction for each new one. It tells of its first record by making FIRST_FILE, and
   ends on SIGTERM as the system does it. Known times are stored LATE_MS later than they were. */
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAGS_MAX = 4096, PARTITIONS_MAX = 64, WORD = 64 };

static struct { char tag[WORD]; int checkpoint, points; } tags[TAGS_MAX];
static int tag_count;

static void fail(const char *what, const char *reason) {
    fprintf(stderr, "%s: %s\n", what, reason);
    exit(1);
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    if (!value) fail(name, "not set");
    return value;
}

static void read_tags(void) {
    FILE *file = fopen(variable("CHECKPOINTS"), "r");
    if (!file) fail("CHECKPOINTS", "cannot be read");
    char line[256];
    while (fgets(line, sizeof line, file) && tag_count < TAGS_MAX)
        if (sscanf(line, "{\"tag\":\"%63[^\"]\",\"checkpoint\":%d,\"points\":%d}", tags[tag_count].tag,
                   &tags[tag_count].checkpoint, &tags[tag_count].points) == 3)
            tag_count++;
    fclose(file);
}

/* The text of a field of a JSON object; 0 without one. */
static int text_field(const char *value, const char *name, char word[WORD]) {
    char pattern[WORD];
    snprintf(pattern, sizeof pattern, "\"%s\":\"", name);
    const char *start = strstr(value, pattern);
    return start && sscanf(start + strlen(pattern), "%63[^\"]", word) == 1;
}

static rd_kafka_t *consumer(void) {
    char error[512];
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    const char *pairs[][2] = {{"bootstrap.servers", variable("BROKER")}, {"group.id", variable("GROUP")},
                              {"enable.auto.commit", "false"}, {"auto.offset.reset", "earliest"},
                              {"fetch.wait.max.ms", "10"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (rd_kafka_conf_set(settings, pairs[i][0], pairs[i][1], error, sizeof error)) fail(pairs[i][0], error);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, settings, error, sizeof error);
    if (!kafka) fail("Kafka", error);
    rd_kafka_poll_set_consumer(kafka);

    const struct rd_kafka_metadata *metadata;
    const char *topic = variable("TOPIC");
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    rd_kafka_resp_err_t outcome = rd_kafka_metadata(kafka, 0, handle, &metadata, 10000);
    if (outcome) fail("metadata", rd_kafka_err2str(outcome));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
    for (int partition = 0; partition < count; partition++)
        rd_kafka_topic_partition_list_add(list, topic, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(kafka, list);
    return kafka;
}

/* Stores a scan and, where it is new, shows the player's new score. */
static void take(PGconn *postgres, redisContext *redis, const char *player, int tag, long long at) {
    static const char *statement =
        "with new as (insert into unlock values ($1, $2::int, $3::int, $4::bigint) on conflict do nothing returning 1)"
        " insert into score as s select $1, $3::int, 1, 1 from new on conflict (player) do update set"
        " score = s.score + excluded.score, unlocks = s.unlocks + 1, version = s.version + 1 returning version, score";
    char checkpoint[WORD], points[WORD], moment[WORD];
    snprintf(checkpoint, sizeof checkpoint, "%d", tags[tag].checkpoint);
    snprintf(points, sizeof points, "%d", tags[tag].points);
    snprintf(moment, sizeof moment, "%lld", at);
    const char *values[] = {player, checkpoint, points, moment};
    PGresult *result = PQexecParams(postgres, statement, 4, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) fail("Postgres", PQerrorMessage(postgres));
    if (PQntuples(result) == 1) {
        const char *version = PQgetvalue(result, 0, 0), *score = PQgetvalue(result, 0, 1);
        redisReply *set = redisCommand(redis, "SET score:%s %s:%s PX 30000", player, version, score);
        redisReply *add = redisCommand(redis, "ZADD board %s %s", score, player);
        if (!set || !add) fail("Redis", redis->errstr);
        freeReplyObject(set);
        freeReplyObject(add);
    }
    PQclear(result);
}

int main(void) {
    long long late = getenv("LATE_MS") ? atoll(getenv("LATE_MS")) : 0;
    read_tags();
    PGconn *postgres = PQconnectdb("");
    if (PQstatus(postgres) != CONNECTION_OK) fail("Postgres", PQerrorMessage(postgres));
    redisContext *redis = redisConnect(variable("REDIS_HOST"), atoi(variable("REDIS_PORT")));
    if (!redis || redis->err) fail("Redis", "cannot be reached");
    rd_kafka_t *kafka = consumer();
    for (int has_begun = 0;;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, 1000);
        if (!message || message->err) continue;
        if (!has_begun) fclose(fopen(variable("FIRST_FILE"), "w"));
        has_begun = 1;
        char value[512], player[WORD], tag[WORD];
        size_t length = message->len < sizeof value ? message->len : 0;
        memcpy(value, message->payload, length);
        value[length] = 0;
        const char *at = strstr(value, "\"scanned_at\":");
        int is_scan = length > 0 && value[length - 1] == '}' && at && text_field(value, "player", player) &&
                      text_field(value, "tag", tag);
        for (int i = 0; is_scan && i < tag_count; i++)
            if (!strcmp(tags[i].tag, tag)) take(postgres, redis, player, i, atoll(at + strlen("\"scanned_at\":")) + late);
        rd_kafka_message_destroy(message);
    }
}

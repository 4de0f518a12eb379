-- The tables of contracts.md section 5. Text compares by bytes; times are whole milliseconds; alphabets are the
-- decoder's business, lengths and ranges are checked here too.

create table cairn.definitions (
    singleton boolean primary key default true check (singleton),
    generation bigint not null check (generation >= 0)
);
insert into cairn.definitions (generation) values (0);

create table cairn.hunt (
    hunt_id integer generated always as identity primary key,
    slug text collate "C" not null unique check (octet_length(slug) between 1 and 63),
    title text collate "C",
    opens_at timestamptz not null,
    closes_at timestamptz not null,
    late_grace_ms bigint not null check (late_grace_ms between 0 and 2592000000),
    ranking text collate "C" not null check (ranking in ('first_to_reach', 'shared')),
    rules_version integer not null check (rules_version >= 1),
    updated_at timestamptz not null default now(),
    check (opens_at < closes_at)
);

create table cairn.checkpoint (
    hunt_id integer not null references cairn.hunt on delete cascade,
    checkpoint_id integer not null,
    slug text collate "C" not null check (octet_length(slug) between 1 and 63),
    position integer not null,
    tag text collate "C" not null check (octet_length(tag) in (8, 14, 20)),
    points bigint not null check (points between 0 and 1000000),
    title text collate "C",
    latitude text collate "C",
    longitude text collate "C",
    zone text collate "C",
    requires text[] collate "C" not null,
    opens_at timestamptz,
    closes_at timestamptz,
    primary key (hunt_id, checkpoint_id),
    unique (hunt_id, slug),
    unique (hunt_id, tag)
);

create table cairn.trail (
    hunt_id integer not null references cairn.hunt on delete cascade,
    slug text collate "C" not null check (octet_length(slug) between 1 and 63),
    position integer not null,
    checkpoints text[] collate "C" not null check (cardinality(checkpoints) >= 2),
    bonus bigint not null check (bonus between 0 and 1000000),
    primary key (hunt_id, slug)
);

create table cairn.first_scan (
    hunt_id integer not null,
    player text collate "C" not null check (octet_length(player) between 1 and 64),
    checkpoint_id integer not null,
    scanned_at timestamptz not null,
    event_id text collate "C" not null check (octet_length(event_id) between 1 and 64),
    reader text collate "C" check (octet_length(reader) between 1 and 64),
    source_partition integer not null,
    source_offset bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (hunt_id, player, checkpoint_id)
);

-- Room on each page lets a changed score stay where it is (HOT): no index is touched then.
create table cairn.score (
    hunt_id integer not null,
    player text collate "C" not null check (octet_length(player) between 1 and 64),
    score bigint not null check (score >= 0),
    unlocks integer not null check (unlocks >= 0),
    reached_at timestamptz,
    version bigint not null check (version >= 0),
    facts_seq bigint not null check (facts_seq >= 1),
    updated_at timestamptz not null,
    primary key (hunt_id, player),
    check ((score = 0) = (reached_at is null))
) with (fillfactor = 70);

create table cairn.refused_scan (
    topic text collate "C" not null,
    partition integer not null,
    "offset" bigint not null,
    reason text collate "C" not null,
    detail text collate "C" not null check (octet_length(detail) <= 200),
    value bytea check (octet_length(value) <= 1024),
    received_at timestamptz,
    hour timestamptz not null,
    primary key (topic, partition, "offset")
);
create index refused_scan_quota on cairn.refused_scan (reason, topic, partition, hour);
create index refused_scan_hour on cairn.refused_scan (hour);

create table cairn.refused_count (
    reason text collate "C" not null,
    hour timestamptz not null,
    count bigint not null check (count >= 0),
    primary key (reason, hour)
);

create table cairn.partition_lease (
    topic text collate "C" not null,
    partition integer not null check (partition >= 0),
    consumer_group text collate "C" not null,
    epoch bigint not null check (epoch >= 1),
    owner text collate "C" not null,
    -- Where the counters begin: next_offset - start_offset is their sum.
    start_offset bigint not null,
    next_offset bigint not null,
    published_offset bigint not null,
    first_scans bigint not null default 0,
    earlier_scans bigint not null default 0,
    repeats bigint not null default 0,
    refusals bigint not null default 0,
    -- Versions of players that this lease's flushes made: whoever follows the feed counts by it whether he has seen all.
    changes bigint not null default 0,
    updated_at timestamptz not null default now(),
    primary key (topic, partition, consumer_group),
    check (published_offset <= next_offset)
) with (fillfactor = 50);

create view cairn.standings as
select h.slug as hunt,
       case h.ranking
           when 'shared' then rank() over (partition by s.hunt_id order by s.score desc)
           else row_number() over (partition by s.hunt_id order by s.score desc, s.reached_at nulls last, s.player)
       end as rank,
       s.player, s.score, s.unlocks, s.reached_at
from cairn.score s join cairn.hunt h using (hunt_id)
where s.unlocks >= 1;

create view cairn.refusals as
select c.reason, c.count,
       coalesce((select max(r.received_at) from cairn.refused_scan r where r.reason = c.reason), c.hour) as latest
from (select reason, sum(count)::bigint as count, max(hour) as hour from cairn.refused_count group by reason) c;

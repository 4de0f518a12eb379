-- Work on whole hunts that goes on in small transactions while workers flush, and can be taken up again after a crash.

-- A hunt whose rules changed and whose scores are being counted anew; the row is gone when that is done. Each process
-- that takes the work over adds one to the epoch and so shuts out the one before.
create table cairn.rescore (
    hunt_id integer primary key references cairn.hunt on delete cascade,
    epoch bigint not null check (epoch >= 1),
    started_at timestamptz not null default now(),
    -- Refused scans up to this one are judged again; all of them when refusals_done.
    judged_topic text collate "C" not null default '',
    judged_partition integer not null default -1,
    judged_offset bigint not null default -1,
    refusals_done boolean not null default false,
    -- Players up to `counted` are counted anew; those up to `published` are also told to the feed.
    counted_player text collate "C" not null default '',
    published_player text collate "C" not null default '',
    judged bigint not null default 0,
    accepted bigint not null default 0,
    players bigint not null default 0,
    changed bigint not null default 0,
    -- Where some players stood before, for the report at the end.
    before_player text[] collate "C" not null,
    before_rank bigint[] not null,
    before_score bigint[] not null,
    check (published_player <= counted_player)
);

-- A hunt whose definition is gone already and whose facts and scores are being deleted.
create table cairn.hunt_deletion (
    hunt_id integer primary key,
    slug text collate "C" not null unique,
    started_at timestamptz not null default now()
);

-- Grows when a player's facts are deleted: workers then forget the states they keep of this hunt's players.
alter table cairn.hunt add column erasures bigint not null default 0 check (erasures >= 0);

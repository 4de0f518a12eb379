-- The tables that a peer fills.
create table unlock (
    player text not null, checkpoint integer not null, points integer not null, scanned_at bigint not null,
    primary key (player, checkpoint));
create table score (
    player text primary key, score bigint not null, unlocks integer not null, version bigint not null);

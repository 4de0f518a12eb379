-- What a worker calls. Plans are made for arrays of unknown length, so hash and merge joins, which would read whole
-- tables, are out of the question; the settings stand at the functions that join.

-- Takes partitions over: from now on only this owner's epoch may flush. Waits for a flush in flight.
create function cairn.take_lease(
    p_topic text, p_group text, p_owner text, p_partitions integer[], p_log_starts bigint[]
) returns table (r_partition integer, r_epoch bigint, r_next_offset bigint, r_published_offset bigint, r_previous text)
language plpgsql as $$
declare
    v_held integer[];
    v_owners text[];
begin
    -- A statement of its own: together with the insert it would run when the insert had locked the rows already, and
    -- find none.
    select array_agg(h.partition), array_agg(h.owner) into v_held, v_owners
    from (
        select l.partition, l.owner from cairn.partition_lease l
        where l.topic = p_topic and l.consumer_group = p_group and l.partition = any (p_partitions)
        order by l.partition for update
    ) h;
    return query
    with taken as (
        insert into cairn.partition_lease as l
            (topic, partition, consumer_group, epoch, owner, start_offset, next_offset, published_offset)
        select p_topic, w.partition, p_group, 1, p_owner, w.log_start, w.log_start, w.log_start
        from unnest(p_partitions, p_log_starts) w(partition, log_start) order by w.partition
        on conflict (topic, partition, consumer_group)
        do update set epoch = l.epoch + 1, owner = excluded.owner, updated_at = now()
        returning l.partition, l.epoch, l.next_offset, l.published_offset
    )
    select t.partition, t.epoch, t.next_offset, t.published_offset, h.owner
    from taken t left join unnest(v_held, v_owners) h(partition, owner) using (partition)
    order by t.partition;
end $$;

-- Players as one snapshot sees them; one without a row is left out.
create function cairn.load_players(p_hunts integer[], p_players text[])
returns table (
    ordinal bigint, score bigint, unlocks integer, reached_at timestamptz, version bigint, facts_seq bigint,
    updated_at timestamptz, checkpoints integer[], scanned timestamptz[], partitions integer[])
language sql stable
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
as $$
    select p.ordinal, s.score, s.unlocks, s.reached_at, s.version, s.facts_seq, s.updated_at,
           f.checkpoints, f.scanned, f.partitions
    from unnest(p_hunts, p_players) with ordinality p(hunt_id, player, ordinal)
    join cairn.score s on s.hunt_id = p.hunt_id and s.player = p.player
    cross join lateral (
        select array_agg(f.checkpoint_id) as checkpoints, array_agg(f.scanned_at) as scanned,
               array_agg(f.source_partition) as partitions
        from cairn.first_scan f where f.hunt_id = s.hunt_id and f.player = s.player
    ) f
$$;

-- One call of a worker: all of it or nothing. Locks in one order, always: definitions, leases by partition, scores by
-- key, facts by key, refusals. Refuses with CA001 (the detail lists partitions), CA002 (the detail counts players) or
-- CA003, and writes nothing then. Returns the time that the changed rows carry.
--
-- Elements of the arrays are taken by their number: PL/pgSQL holds its arguments as expanded arrays, which makes that
-- cheaper than unnest of many arrays, which stores all of them once more. A plan made for one call's values would hold
-- flat copies of them, in which every element of text is found by walking over those before it.
create function cairn.flush(
    p_topic text, p_group text, p_generation bigint,
    l_partition integer[], l_epoch bigint[], l_from bigint[], l_next bigint[], l_published bigint[],
    l_first bigint[], l_earlier bigint[], l_repeats bigint[], l_refusals bigint[], l_changes bigint[],
    f_new boolean[], f_hunt integer[], f_player text[], f_checkpoint integer[], f_scanned_at timestamptz[],
    f_event text[], f_reader text[], f_partition integer[], f_offset bigint[],
    s_hunt integer[], s_player text[], s_score bigint[], s_unlocks integer[], s_reached_at timestamptz[],
    s_version bigint[], s_facts_seq bigint[],
    r_partition integer[], r_offset bigint[], r_reason text[], r_detail text[], r_value bytea[],
    r_received_at timestamptz[], r_hour timestamptz[],
    c_reason text[], c_hour timestamptz[], c_count bigint[]
) returns timestamptz
language plpgsql
set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
    v_time constant timestamptz := date_trunc('milliseconds', clock_timestamp());
    v_generation bigint;
    v_lost text;
    v_players constant integer := cardinality(s_player);
    v_written integer;
    v_inserted integer;
begin
    -- An import takes this lock exclusively, so points and refusals are right at the moment of commit.
    lock table cairn.definitions in row share mode;
    select generation into v_generation from cairn.definitions;
    if v_generation is distinct from p_generation then
        raise exception 'the definitions have generation %, not %', v_generation, p_generation using errcode = 'CA003';
    end if;

    perform 1 from cairn.partition_lease l
    where l.topic = p_topic and l.consumer_group = p_group and l.partition = any (l_partition)
    order by l.partition for update;
    select string_agg(w.partition::text, ',' order by w.partition) into v_lost
    from unnest(l_partition, l_epoch, l_from) w(partition, epoch, start)
    left join cairn.partition_lease l
        on l.topic = p_topic and l.partition = w.partition and l.consumer_group = p_group
    where l.epoch is distinct from w.epoch or l.next_offset is distinct from w.start;
    if v_lost is not null then
        raise exception 'the lease of partitions % belongs to another epoch', v_lost
            using errcode = 'CA001', detail = v_lost;
    end if;

    if v_players > 0 then
        -- A row is written only over the one that the batch was computed from, and made only where there is none. So
        -- the worker knew all facts of these players, and nobody else can add one before this commits.
        with written as (
            insert into cairn.score as s
                (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
            select s_hunt[i], s_player[i], s_score[i], s_unlocks[i], s_reached_at[i], s_version[i], s_facts_seq[i],
                   v_time
            from generate_series(1, v_players) i
            on conflict (hunt_id, player) do update
                set score = excluded.score, unlocks = excluded.unlocks, reached_at = excluded.reached_at,
                    version = excluded.version, facts_seq = excluded.facts_seq,
                    updated_at = case when s.version = excluded.version then s.updated_at else excluded.updated_at end
                where s.facts_seq = excluded.facts_seq - 1
            returning (s.xmax = 0) as is_new
        )
        select count(*), count(*) filter (where is_new) into v_written, v_inserted from written;
        if v_written <> v_players or v_inserted <> (select count(*) from unnest(s_facts_seq) q where q = 1) then
            raise exception 'rows of % players are not as the batch was computed from',
                greatest(v_players - v_written, 1)
                using errcode = 'CA002', detail = greatest(v_players - v_written, 1)::text;
        end if;

        insert into cairn.first_scan
            (hunt_id, player, checkpoint_id, scanned_at, event_id, reader, source_partition, source_offset)
        select f_hunt[i], f_player[i], f_checkpoint[i], f_scanned_at[i], f_event[i], f_reader[i], f_partition[i],
               f_offset[i]
        from generate_series(1, cardinality(f_player)) i where f_new[i];
        if false = any (f_new) then
            insert into cairn.first_scan as f
                (hunt_id, player, checkpoint_id, scanned_at, event_id, reader, source_partition, source_offset)
            select f_hunt[i], f_player[i], f_checkpoint[i], f_scanned_at[i], f_event[i], f_reader[i], f_partition[i],
                   f_offset[i]
            from generate_series(1, cardinality(f_player)) i where not f_new[i]
            on conflict (hunt_id, player, checkpoint_id) do update
                set scanned_at = excluded.scanned_at, event_id = excluded.event_id, reader = excluded.reader,
                    source_partition = excluded.source_partition, source_offset = excluded.source_offset,
                    recorded_at = excluded.recorded_at
                where (excluded.scanned_at, excluded.source_partition, excluded.source_offset)
                    < (f.scanned_at, f.source_partition, f.source_offset);
        end if;
    end if;

    if cardinality(c_reason) > 0 then
        insert into cairn.refused_scan (topic, partition, "offset", reason, detail, value, received_at, hour)
        select p_topic, w.partition, w."offset", w.reason, w.detail, w.value, w.received_at, w.hour
        from (
            -- What is kept already is counted once for each reason, partition and hour.
            select p.*, max(case when p.place = 1 then (
                        select count(*) from (
                            select 1 from cairn.refused_scan k
                            where k.reason = p.reason and k.topic = p_topic and k.partition = p.partition
                              and k.hour = p.hour limit 1000) kept) end)
                       over (partition by p.reason, p.partition, p.hour) as kept
            from (
                select r.*, row_number() over (partition by r.reason, r.partition, r.hour order by r."offset") as place
                from unnest(r_partition, r_offset, r_reason, r_detail, r_value, r_received_at, r_hour)
                    r(partition, "offset", reason, detail, value, received_at, hour)
            ) p
        ) w
        where w.kept + w.place <= 1000
        on conflict (topic, partition, "offset") do update
            set reason = excluded.reason, detail = excluded.detail, value = excluded.value,
                received_at = excluded.received_at, hour = excluded.hour;
        insert into cairn.refused_count as c (reason, hour, count)
        select w.reason, w.hour, w.count from unnest(c_reason, c_hour, c_count) w(reason, hour, count)
        order by w.reason, w.hour
        on conflict (reason, hour) do update set count = c.count + excluded.count;
    end if;

    update cairn.partition_lease l
    set next_offset = w.next, published_offset = greatest(l.published_offset, w.published),
        first_scans = l.first_scans + w.first, earlier_scans = l.earlier_scans + w.earlier,
        repeats = l.repeats + w.repeats, refusals = l.refusals + w.refusals, changes = l.changes + w.changes,
        updated_at = v_time
    from unnest(l_partition, l_next, l_published, l_first, l_earlier, l_repeats, l_refusals, l_changes)
        w(partition, next, published, first, earlier, repeats, refusals, changes)
    where l.topic = p_topic and l.consumer_group = p_group and l.partition = w.partition;
    return v_time;
end $$;

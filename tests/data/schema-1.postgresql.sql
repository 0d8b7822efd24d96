CREATE TABLE pi_meta (
    key VARCHAR(40) NOT NULL, 
    value VARCHAR(200) NOT NULL, 
    PRIMARY KEY (key)
);

CREATE TABLE pi_run (
    id SERIAL NOT NULL, 
    digits BIGINT NOT NULL, 
    algorithm VARCHAR(20) NOT NULL, 
    digits_per_step BIGINT NOT NULL, 
    boxes_per_block BIGINT NOT NULL, 
    status VARCHAR(10) NOT NULL, 
    verified INTEGER NOT NULL, 
    epoch BIGINT NOT NULL, 
    touched BIGINT NOT NULL, 
    last_seq BIGINT NOT NULL, 
    committed BIGINT NOT NULL, 
    elapsed_ms BIGINT NOT NULL, 
    owner VARCHAR(200) NOT NULL, 
    created_utc VARCHAR(40) NOT NULL, 
    updated_utc VARCHAR(40) NOT NULL, 
    PRIMARY KEY (id), 
    CHECK (committed >= 0), 
    CHECK (last_seq >= 0), 
    UNIQUE (digits)
);

CREATE TABLE pi_checkpoint (
    run_id INTEGER NOT NULL, 
    seq BIGINT NOT NULL, 
    iteration BIGINT NOT NULL, 
    count BIGINT NOT NULL, 
    size BIGINT NOT NULL, 
    parts INTEGER NOT NULL, 
    format INTEGER NOT NULL, 
    sha256 BYTEA NOT NULL, 
    elapsed_ms BIGINT NOT NULL, 
    saved_utc VARCHAR(40) NOT NULL, 
    PRIMARY KEY (run_id, seq), 
    CHECK (seq > 0), 
    CHECK (parts BETWEEN 0 AND 4096), 
    FOREIGN KEY(run_id) REFERENCES pi_run (id) ON DELETE CASCADE
);

CREATE TABLE pi_digits (
    run_id INTEGER NOT NULL, 
    start BIGINT NOT NULL, 
    count INTEGER NOT NULL, 
    data BYTEA NOT NULL, 
    chain BYTEA NOT NULL, 
    PRIMARY KEY (run_id, start), 
    CHECK (count BETWEEN 1 AND 1000000), 
    FOREIGN KEY(run_id) REFERENCES pi_run (id) ON DELETE CASCADE
);

CREATE TABLE pi_checkpoint_part (
    run_id INTEGER NOT NULL, 
    seq BIGINT NOT NULL, 
    part INTEGER NOT NULL, 
    data BYTEA NOT NULL, 
    PRIMARY KEY (run_id, seq, part), 
    FOREIGN KEY(run_id, seq) REFERENCES pi_checkpoint (run_id, seq) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);

INSERT INTO pi_meta VALUES ('schema_version', '1');

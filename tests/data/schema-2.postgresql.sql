CREATE TABLE pi_meta (
	key VARCHAR(40) NOT NULL, 
	value VARCHAR(200) NOT NULL, 
	PRIMARY KEY (key)
);

CREATE TABLE pi_run (
	id SERIAL NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	goal BIGINT NOT NULL, 
	parameters TEXT NOT NULL, 
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
	UNIQUE (kind, goal), 
	CHECK (committed >= 0), 
	CHECK (last_seq >= 0)
);

CREATE TABLE pi_checkpoint (
	run_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	steps BIGINT NOT NULL, 
	length BIGINT NOT NULL, 
	size BIGINT NOT NULL, 
	manifest TEXT NOT NULL, 
	sha256 BYTEA NOT NULL, 
	elapsed_ms BIGINT NOT NULL, 
	saved_utc VARCHAR(40) NOT NULL, 
	PRIMARY KEY (run_id, seq), 
	CHECK (seq > 0), 
	FOREIGN KEY(run_id) REFERENCES pi_run (id) ON DELETE CASCADE
);

CREATE TABLE pi_output (
	run_id INTEGER NOT NULL, 
	start BIGINT NOT NULL, 
	count INTEGER NOT NULL, 
	data BYTEA NOT NULL, 
	chain BYTEA NOT NULL, 
	PRIMARY KEY (run_id, start), 
	CHECK (count BETWEEN 1 AND 1000000), 
	FOREIGN KEY(run_id) REFERENCES pi_run (id) ON DELETE CASCADE
);

CREATE TABLE pi_piece (
	run_id INTEGER NOT NULL, 
	sha256 BYTEA NOT NULL, 
	part INTEGER NOT NULL, 
	data BYTEA NOT NULL, 
	PRIMARY KEY (run_id, sha256, part), 
	FOREIGN KEY(run_id) REFERENCES pi_run (id) ON DELETE CASCADE
);

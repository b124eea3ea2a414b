/** One step of the database's shape. Never changed after it was released: a later step mends an earlier one. */
export interface Migration {
  /** Says what it does; kept in the database. */
  readonly name: string;
  readonly sql: string;
}

/**
 * Every step, oldest first; the schema number is how many were made. Tables are those of `core/tables.ts` in
 * `snake_case`. Indexes serve what core asks often: by session, by state, by age.
 */
export const migrations: readonly Migration[] = [
  {
    name: "first tables",
    sql: `
      CREATE TABLE data_keys (
        id TEXT PRIMARY KEY NOT NULL,
        wrapped BLOB NOT NULL,
        created_ms INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE identities (
        id TEXT PRIMARY KEY NOT NULL,
        name_enc BLOB,
        version INTEGER NOT NULL,
        created_ms INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE accounts (
        id TEXT PRIMARY KEY NOT NULL,
        identity_id TEXT NOT NULL REFERENCES identities (id),
        channel TEXT NOT NULL,
        account_hash TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        UNIQUE (channel, account_hash)
      ) STRICT;
      CREATE INDEX accounts_identity ON accounts (identity_id);

      CREATE TABLE sessions (
        id TEXT PRIMARY KEY NOT NULL,
        identity_id TEXT NOT NULL REFERENCES identities (id),
        channel TEXT NOT NULL,
        conversation_hash TEXT NOT NULL,
        title_enc BLOB,
        summary_enc BLOB,
        summary_sequence INTEGER NOT NULL,
        version INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        UNIQUE (channel, conversation_hash)
      ) STRICT;
      CREATE INDEX sessions_identity ON sessions (identity_id, updated_ms);

      CREATE TABLE messages (
        id TEXT PRIMARY KEY NOT NULL,
        session_id TEXT NOT NULL REFERENCES sessions (id),
        sequence INTEGER NOT NULL,
        author TEXT NOT NULL,
        body_enc BLOB NOT NULL,
        idempotency_hash TEXT UNIQUE,
        created_ms INTEGER NOT NULL,
        UNIQUE (session_id, sequence)
      ) STRICT;

      CREATE TABLE turns (
        id TEXT PRIMARY KEY NOT NULL,
        session_id TEXT NOT NULL REFERENCES sessions (id),
        message_id TEXT NOT NULL REFERENCES messages (id),
        sequence INTEGER NOT NULL,
        channel TEXT NOT NULL,
        conversation_enc BLOB NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        reason TEXT,
        answer_id TEXT REFERENCES messages (id),
        locale TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        ended_ms INTEGER
      ) STRICT;
      CREATE INDEX turns_session ON turns (session_id, sequence);
      CREATE INDEX turns_message ON turns (message_id);
      CREATE INDEX turns_state ON turns (state, session_id);

      CREATE TABLE deliveries (
        id TEXT PRIMARY KEY NOT NULL,
        session_id TEXT NOT NULL REFERENCES sessions (id),
        turn_id TEXT NOT NULL REFERENCES turns (id),
        message_id TEXT NOT NULL REFERENCES messages (id),
        sequence INTEGER NOT NULL,
        channel TEXT NOT NULL,
        conversation_enc BLOB NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        not_before_ms INTEGER NOT NULL,
        may_be_duplicate INTEGER NOT NULL,
        platform_id_enc BLOB,
        reason TEXT,
        created_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX deliveries_session ON deliveries (session_id, sequence);
      CREATE INDEX deliveries_state ON deliveries (state, session_id);

      CREATE TABLE audit (
        id TEXT PRIMARY KEY NOT NULL,
        at_ms INTEGER NOT NULL,
        principal TEXT NOT NULL,
        action TEXT NOT NULL,
        resource TEXT NOT NULL,
        outcome TEXT NOT NULL,
        commitment TEXT NOT NULL,
        detail_enc BLOB,
        previous_hash TEXT NOT NULL,
        hash TEXT NOT NULL,
        mac TEXT NOT NULL
      ) STRICT;

      CREATE TABLE logins (
        id TEXT PRIMARY KEY NOT NULL,
        identity_id TEXT NOT NULL REFERENCES identities (id),
        created_ms INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX logins_identity ON logins (identity_id);
      CREATE INDEX logins_expires ON logins (expires_ms);
    `,
  },
  {
    // A question's parent is what the question before it ended with; questions that still wait follow each other.
    name: "conversations are trees",
    sql: `
      ALTER TABLE messages ADD COLUMN parent_id TEXT REFERENCES messages (id);
      ALTER TABLE sessions ADD COLUMN head_id TEXT;
      ALTER TABLE sessions ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE sessions ADD COLUMN removed_ms INTEGER;
      ALTER TABLE turns ADD COLUMN model_name TEXT;
      ALTER TABLE turns ADD COLUMN answer_tokens INTEGER;
      ALTER TABLE turns ADD COLUMN answer_ms INTEGER;

      CREATE INDEX turns_answer ON turns (answer_id);
      CREATE INDEX deliveries_turn ON deliveries (turn_id);
      CREATE INDEX deliveries_message ON deliveries (message_id);
      CREATE INDEX sessions_removed ON sessions (removed_ms) WHERE removed_ms IS NOT NULL;
      DROP INDEX sessions_identity;
      CREATE INDEX sessions_identity ON sessions (identity_id, pinned, updated_ms);

      UPDATE messages SET parent_id = CASE author
        WHEN 'person' THEN (
          SELECT coalesce(answer_id, message_id) FROM turns
          WHERE turns.session_id = messages.session_id AND turns.sequence < messages.sequence
          ORDER BY turns.sequence DESC LIMIT 1
        )
        ELSE (SELECT message_id FROM turns WHERE turns.answer_id = messages.id)
      END;
      UPDATE sessions SET head_id = (
        SELECT coalesce(answer_id, message_id) FROM turns
        WHERE turns.session_id = sessions.id
        ORDER BY turns.sequence DESC LIMIT 1
      );
      CREATE INDEX messages_parent ON messages (parent_id, session_id);
    `,
  },
  {
    name: "tokens and kept answers",
    sql: `
      CREATE TABLE tokens (
        id TEXT PRIMARY KEY NOT NULL,
        hash TEXT NOT NULL UNIQUE,
        terms_enc BLOB NOT NULL,
        created_ms INTEGER NOT NULL,
        seen_ms INTEGER,
        revoked_ms INTEGER
      ) STRICT;

      CREATE TABLE kept_answers (
        id TEXT PRIMARY KEY NOT NULL,
        key_hash TEXT NOT NULL UNIQUE,
        body_hash TEXT NOT NULL,
        answer_enc BLOB NOT NULL,
        expires_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX kept_answers_expires ON kept_answers (expires_ms);
    `,
  },
  {
    // Until now only page and terminal were delivered to, where a session was a conversation.
    name: "people, channels and files",
    sql: `
      ALTER TABLE identities ADD COLUMN current_session_id TEXT;
      ALTER TABLE accounts ADD COLUMN account_enc BLOB;
      ALTER TABLE sessions ADD COLUMN is_group INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE messages ADD COLUMN identity_id TEXT;
      ALTER TABLE turns ADD COLUMN place TEXT NOT NULL DEFAULT 'conversation';
      ALTER TABLE turns ADD COLUMN platform_id_enc BLOB;
      ALTER TABLE turns ADD COLUMN draft_id_enc BLOB;
      ALTER TABLE turns ADD COLUMN context_enc BLOB;

      CREATE TABLE pairings (
        id TEXT PRIMARY KEY NOT NULL,
        channel TEXT NOT NULL,
        account_hash TEXT NOT NULL,
        code_hash TEXT NOT NULL UNIQUE,
        request_enc BLOB NOT NULL,
        told_ms INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        UNIQUE (channel, account_hash)
      ) STRICT;
      CREATE INDEX pairings_expires ON pairings (expires_ms);

      CREATE TABLE receipts (
        id TEXT PRIMARY KEY NOT NULL,
        idempotency_hash TEXT NOT NULL UNIQUE,
        created_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX receipts_created ON receipts (created_ms);

      CREATE TABLE objects (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL UNIQUE,
        key_enc BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        created_ms INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE attachments (
        id TEXT PRIMARY KEY NOT NULL,
        identity_id TEXT NOT NULL REFERENCES identities (id),
        message_id TEXT REFERENCES messages (id),
        object_id TEXT NOT NULL REFERENCES objects (id),
        name_enc BLOB NOT NULL,
        media_type TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX attachments_message ON attachments (message_id);
      CREATE INDEX attachments_object ON attachments (object_id);
      CREATE INDEX attachments_identity ON attachments (identity_id);

      CREATE TABLE deliveries_of_conversations (
        id TEXT PRIMARY KEY NOT NULL,
        session_id TEXT REFERENCES sessions (id),
        turn_id TEXT REFERENCES turns (id),
        message_id TEXT REFERENCES messages (id),
        from_index INTEGER,
        to_index INTEGER,
        attachment_id TEXT REFERENCES attachments (id),
        body_enc BLOB,
        channel TEXT NOT NULL,
        conversation_hash TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        conversation_enc BLOB NOT NULL,
        place TEXT NOT NULL,
        reply_to_enc BLOB,
        edits_enc BLOB,
        locale TEXT NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        not_before_ms INTEGER NOT NULL,
        may_be_duplicate INTEGER NOT NULL,
        platform_id_enc BLOB,
        reason TEXT,
        created_ms INTEGER NOT NULL,
        UNIQUE (conversation_hash, sequence)
      ) STRICT;
      INSERT INTO deliveries_of_conversations (
        id, session_id, turn_id, message_id, channel, conversation_hash, sequence, conversation_enc, place, locale, state,
        attempt, not_before_ms, may_be_duplicate, platform_id_enc, reason, created_ms
      ) SELECT
        id, session_id, turn_id, message_id, channel, session_id, sequence, conversation_enc, 'conversation',
        (SELECT locale FROM turns WHERE turns.id = turn_id), state, attempt,
        not_before_ms, may_be_duplicate, platform_id_enc, reason, created_ms
      FROM deliveries;
      DROP TABLE deliveries;
      ALTER TABLE deliveries_of_conversations RENAME TO deliveries;
      CREATE INDEX deliveries_session ON deliveries (session_id);
      CREATE INDEX deliveries_state ON deliveries (state, conversation_hash);
      CREATE INDEX deliveries_turn ON deliveries (turn_id);
      CREATE INDEX deliveries_message ON deliveries (message_id);
      CREATE INDEX deliveries_attachment ON deliveries (attachment_id);
    `,
  },
  {
    name: "refused pairings",
    sql: `ALTER TABLE pairings ADD COLUMN refused_ms INTEGER;`,
  },
  {
    // The table is as old as this version's other tables of files, and nothing has written to it.
    name: "files that are missing, sizes of pictures",
    sql: `
      DROP TABLE attachments;
      CREATE TABLE attachments (
        id TEXT PRIMARY KEY NOT NULL,
        identity_id TEXT NOT NULL REFERENCES identities (id),
        message_id TEXT REFERENCES messages (id),
        object_id TEXT REFERENCES objects (id),
        name_enc BLOB NOT NULL,
        media_type TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        problem TEXT,
        width INTEGER,
        height INTEGER,
        created_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX attachments_message ON attachments (message_id);
      CREATE INDEX attachments_object ON attachments (object_id);
      CREATE INDEX attachments_identity ON attachments (identity_id, message_id);
    `,
  },
  {
    name: "settings",
    sql: `
      CREATE TABLE settings (
        id TEXT PRIMARY KEY NOT NULL,
        value TEXT NOT NULL,
        updated_ms INTEGER NOT NULL
      ) STRICT;
    `,
  },
  {
    name: "plugins and approvals",
    sql: `
      CREATE TABLE plugins (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL,
        digest TEXT NOT NULL UNIQUE,
        version TEXT NOT NULL,
        signer TEXT,
        bytes INTEGER NOT NULL,
        manifest_enc BLOB NOT NULL,
        tools_enc BLOB,
        module_enc BLOB,
        reader TEXT,
        reason TEXT,
        created_ms INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX plugins_name ON plugins (name);

      CREATE TABLE plugin_values (
        id TEXT PRIMARY KEY NOT NULL,
        plugin TEXT NOT NULL,
        key_hash TEXT NOT NULL,
        key_enc BLOB NOT NULL,
        value_enc BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        version INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        UNIQUE (plugin, key_hash)
      ) STRICT;

      CREATE TABLE plugin_files (
        id TEXT PRIMARY KEY NOT NULL,
        plugin TEXT NOT NULL,
        name_hash TEXT NOT NULL,
        name_enc BLOB NOT NULL,
        object_id TEXT NOT NULL REFERENCES objects (id),
        bytes INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        UNIQUE (plugin, name_hash)
      ) STRICT;
      CREATE INDEX plugin_files_object ON plugin_files (object_id);

      CREATE TABLE approvals (
        id TEXT PRIMARY KEY NOT NULL,
        session_id TEXT REFERENCES sessions (id),
        turn_id TEXT REFERENCES turns (id),
        identity_id TEXT NOT NULL,
        tool TEXT NOT NULL,
        digest TEXT NOT NULL,
        needs INTEGER NOT NULL,
        state TEXT NOT NULL,
        card_enc BLOB NOT NULL,
        channel TEXT NOT NULL,
        conversation_enc BLOB NOT NULL,
        place TEXT NOT NULL,
        locale TEXT NOT NULL,
        reason TEXT,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        ended_ms INTEGER
      ) STRICT;
      CREATE INDEX approvals_state ON approvals (state, expires_ms);
      CREATE INDEX approvals_session ON approvals (session_id);
      CREATE INDEX approvals_turn ON approvals (turn_id);

      CREATE TABLE approval_votes (
        id TEXT PRIMARY KEY NOT NULL,
        approval_id TEXT NOT NULL REFERENCES approvals (id),
        identity_id TEXT NOT NULL,
        code_hash TEXT NOT NULL UNIQUE,
        vote TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        voted_ms INTEGER,
        UNIQUE (approval_id, identity_id)
      ) STRICT;

      CREATE TABLE tool_calls (
        id TEXT PRIMARY KEY NOT NULL,
        session_id TEXT REFERENCES sessions (id),
        turn_id TEXT REFERENCES turns (id),
        approval_id TEXT REFERENCES approvals (id),
        identity_id TEXT NOT NULL,
        tool TEXT NOT NULL,
        digest TEXT NOT NULL,
        state TEXT NOT NULL,
        idempotent INTEGER NOT NULL,
        arguments_enc BLOB NOT NULL,
        result_enc BLOB,
        created_ms INTEGER NOT NULL,
        ended_ms INTEGER
      ) STRICT;
      CREATE INDEX tool_calls_state ON tool_calls (state);
      CREATE INDEX tool_calls_session ON tool_calls (session_id);
      CREATE INDEX tool_calls_turn ON tool_calls (turn_id);
      CREATE INDEX tool_calls_approval ON tool_calls (approval_id);
    `,
  },
  {
    name: "approval outcomes",
    sql: `
      ALTER TABLE approvals ADD COLUMN outcome_enc BLOB;
      CREATE INDEX approvals_identity ON approvals (identity_id, state);
      CREATE INDEX approval_votes_identity ON approval_votes (identity_id, created_ms);
    `,
  },
  {
    name: "states of models",
    sql: `
      CREATE TABLE model_states (
        id TEXT PRIMARY KEY NOT NULL,
        session_id TEXT NOT NULL UNIQUE REFERENCES sessions (id),
        model_hash TEXT NOT NULL,
        name TEXT NOT NULL UNIQUE,
        key_enc BLOB NOT NULL,
        about_enc BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        used_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX model_states_used ON model_states (used_ms);
    `,
  },
];

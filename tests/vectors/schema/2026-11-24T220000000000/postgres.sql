CREATE TABLE public.account_areas (
    id integer NOT NULL,
    account character varying(36) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    valid_from character varying(10) DEFAULT ''::character varying NOT NULL,
    valid_to character varying(10) DEFAULT NULL::character varying
);
CREATE SEQUENCE public.account_areas_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.account_areas_id_seq OWNED BY public.account_areas.id;
CREATE TABLE public.accounts (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    login character varying(40) DEFAULT ''::character varying NOT NULL,
    role character varying(16) DEFAULT ''::character varying NOT NULL,
    kind character varying(16) DEFAULT ''::character varying NOT NULL,
    password_hash text,
    totp_secret text,
    created_at bigint DEFAULT 0 NOT NULL,
    disabled_at bigint,
    sample boolean DEFAULT false NOT NULL,
    totp_step bigint
);
CREATE TABLE public.amendments (
    id integer NOT NULL,
    note character varying(36) DEFAULT ''::character varying NOT NULL,
    mac character varying(64) DEFAULT ''::character varying NOT NULL,
    fields text DEFAULT ''::text NOT NULL,
    cause character varying(8) DEFAULT ''::character varying NOT NULL,
    day character varying(10) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.amendments_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.amendments_id_seq OWNED BY public.amendments.id;
CREATE TABLE public.answers (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    issue bigint DEFAULT 0 NOT NULL,
    issues text DEFAULT ''::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    topic character varying(8) DEFAULT ''::character varying NOT NULL,
    areas text DEFAULT ''::text NOT NULL,
    title character varying(160) DEFAULT ''::character varying NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    status character varying(16) DEFAULT ''::character varying NOT NULL,
    source character varying(200) DEFAULT NULL::character varying,
    valid_to character varying(10) DEFAULT NULL::character varying,
    state character varying(10) DEFAULT ''::character varying NOT NULL,
    written_by character varying(36) DEFAULT ''::character varying NOT NULL,
    approved_by character varying(36) DEFAULT NULL::character varying,
    created_at bigint DEFAULT 0 NOT NULL,
    published_at bigint
);
CREATE TABLE public.areas (
    code character varying(20) DEFAULT ''::character varying NOT NULL,
    parent character varying(20) DEFAULT ''::character varying NOT NULL,
    level character varying(8) DEFAULT ''::character varying NOT NULL,
    name character varying(120) DEFAULT ''::character varying NOT NULL,
    valid_from character varying(10) DEFAULT ''::character varying NOT NULL,
    valid_to character varying(10) DEFAULT NULL::character varying,
    successors text DEFAULT '[]'::text NOT NULL,
    sample boolean DEFAULT false NOT NULL
);
CREATE TABLE public.attempts (
    bucket character varying(80) DEFAULT ''::character varying NOT NULL,
    opened_at bigint DEFAULT 0 NOT NULL,
    n integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.audit (
    n bigint DEFAULT 0 NOT NULL,
    at bigint DEFAULT 0 NOT NULL,
    actor character varying(36) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    action character varying(24) DEFAULT ''::character varying NOT NULL,
    subject character varying(60) DEFAULT NULL::character varying,
    detail text,
    salt character varying(32) DEFAULT NULL::character varying,
    seal character varying(64) DEFAULT ''::character varying NOT NULL,
    hash character varying(64) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.audit_head (
    id integer DEFAULT 0 NOT NULL,
    n bigint DEFAULT 0 NOT NULL,
    hash character varying(64) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.counted (
    note character varying(36) DEFAULT ''::character varying NOT NULL,
    cells text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.device_numbers (
    id integer NOT NULL,
    device character varying(36) DEFAULT ''::character varying NOT NULL,
    first bigint DEFAULT 0 NOT NULL,
    last bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.device_numbers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.device_numbers_id_seq OWNED BY public.device_numbers.id;
CREATE TABLE public.devices (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    account character varying(36) DEFAULT ''::character varying NOT NULL,
    platform character varying(8) DEFAULT ''::character varying NOT NULL,
    token_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    push_token_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    created_at bigint DEFAULT 0 NOT NULL,
    seen_day character varying(10) DEFAULT ''::character varying NOT NULL,
    revoked_at bigint,
    behind integer DEFAULT 0 NOT NULL,
    behind_at bigint
);
CREATE TABLE public.doors (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    ward character varying(20) DEFAULT ''::character varying NOT NULL,
    name character varying(120) DEFAULT ''::character varying NOT NULL,
    topics text DEFAULT ''::text NOT NULL,
    how_vi text DEFAULT ''::text NOT NULL,
    how_en text DEFAULT ''::text NOT NULL,
    phone character varying(20) DEFAULT NULL::character varying,
    retired boolean DEFAULT false NOT NULL
);
CREATE TABLE public.enrolments (
    handle character varying(4) DEFAULT ''::character varying NOT NULL,
    secret_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    typed_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    word_hash character varying(64) DEFAULT NULL::character varying,
    account character varying(36) DEFAULT ''::character varying NOT NULL,
    expires_at bigint DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    used_at bigint
);
CREATE TABLE public.erased (
    cell character varying(60) DEFAULT ''::character varying NOT NULL,
    ward character varying(20) DEFAULT ''::character varying NOT NULL,
    month character varying(7) DEFAULT ''::character varying NOT NULL,
    lane character varying(8) DEFAULT ''::character varying NOT NULL,
    cause character varying(10) DEFAULT ''::character varying NOT NULL,
    n bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.followers (
    id integer NOT NULL,
    name character varying(20) DEFAULT ''::character varying NOT NULL,
    stream character varying(60) DEFAULT ''::character varying NOT NULL,
    n bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.followers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.followers_id_seq OWNED BY public.followers.id;
CREATE TABLE public.gazetteer (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    ward character varying(20) DEFAULT ''::character varying NOT NULL,
    name character varying(120) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.issue_events (
    id integer NOT NULL,
    issue bigint DEFAULT 0 NOT NULL,
    at bigint DEFAULT 0 NOT NULL,
    actor character varying(36) DEFAULT ''::character varying NOT NULL,
    what character varying(16) DEFAULT ''::character varying NOT NULL,
    detail text DEFAULT '{}'::text NOT NULL
);
CREATE SEQUENCE public.issue_events_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.issue_events_id_seq OWNED BY public.issue_events.id;
CREATE TABLE public.issue_months (
    id integer NOT NULL,
    issue bigint DEFAULT 0 NOT NULL,
    month character varying(7) DEFAULT ''::character varying NOT NULL,
    notes bigint DEFAULT 0 NOT NULL,
    reporters bigint DEFAULT 0 NOT NULL,
    fixed_notes bigint DEFAULT 0 NOT NULL,
    fixed_reporters bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.issue_months_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.issue_months_id_seq OWNED BY public.issue_months.id;
CREATE TABLE public.issues (
    number integer NOT NULL,
    ward character varying(20) DEFAULT ''::character varying NOT NULL,
    lane character varying(8) DEFAULT ''::character varying NOT NULL,
    kind character varying(12) DEFAULT ''::character varying NOT NULL,
    topic character varying(8) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    title character varying(160) DEFAULT ''::character varying NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    status character varying(10) DEFAULT ''::character varying NOT NULL,
    truth character varying(16) DEFAULT ''::character varying NOT NULL,
    outcome character varying(16) DEFAULT ''::character varying NOT NULL,
    unit character varying(36) DEFAULT NULL::character varying,
    due_day character varying(10) DEFAULT NULL::character varying,
    urgent boolean DEFAULT false NOT NULL,
    created_at bigint DEFAULT 0 NOT NULL,
    confirmed_at bigint,
    answered_at bigint,
    closed_at bigint,
    rev integer DEFAULT 1 NOT NULL
);
CREATE SEQUENCE public.issues_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.issues_number_seq OWNED BY public.issues.number;
CREATE TABLE public.log (
    id integer NOT NULL,
    stream character varying(60) DEFAULT ''::character varying NOT NULL,
    collection character varying(12) DEFAULT ''::character varying NOT NULL,
    doc character varying(60) DEFAULT ''::character varying NOT NULL,
    n bigint DEFAULT 0 NOT NULL,
    op character varying(4) DEFAULT ''::character varying NOT NULL,
    at bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.log_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.log_id_seq OWNED BY public.log.id;
CREATE TABLE public.mark_counts (
    id integer NOT NULL,
    mark character varying(8) DEFAULT ''::character varying NOT NULL,
    subject character varying(40) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    month character varying(7) DEFAULT ''::character varying NOT NULL,
    n bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.mark_counts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.mark_counts_id_seq OWNED BY public.mark_counts.id;
CREATE TABLE public.mark_ids (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    day character varying(10) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.marks (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    mark character varying(8) DEFAULT ''::character varying NOT NULL,
    issue bigint,
    answer character varying(36) DEFAULT NULL::character varying,
    door character varying(36) DEFAULT NULL::character varying,
    area character varying(20) DEFAULT NULL::character varying,
    day character varying(10) DEFAULT ''::character varying NOT NULL,
    folded boolean DEFAULT false NOT NULL
);
CREATE TABLE public.messages (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    note character varying(36) DEFAULT ''::character varying NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    office boolean DEFAULT false NOT NULL,
    day character varying(10) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.meta (
    key character varying(40) DEFAULT ''::character varying NOT NULL,
    value text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.migration (
    id integer NOT NULL,
    name character varying(200) DEFAULT ''::character varying NOT NULL,
    app_name character varying(200) DEFAULT ''::character varying NOT NULL,
    ran_on timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE SEQUENCE public.migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.migration_id_seq OWNED BY public.migration.id;
CREATE TABLE public.notes (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    claim_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    sent_mac character varying(64) DEFAULT ''::character varying NOT NULL,
    old_macs text DEFAULT '[]'::text NOT NULL,
    lane character varying(8) DEFAULT ''::character varying NOT NULL,
    kind character varying(12) DEFAULT ''::character varying NOT NULL,
    topic character varying(8) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    ward character varying(20) DEFAULT ''::character varying NOT NULL,
    text text,
    mask_version integer DEFAULT 0 NOT NULL,
    masked text DEFAULT '{}'::text NOT NULL,
    suspect boolean DEFAULT false NOT NULL,
    reach character varying(10) DEFAULT NULL::character varying,
    day character varying(10) DEFAULT NULL::character varying,
    week character varying(8) DEFAULT NULL::character varying,
    place character varying(36) DEFAULT NULL::character varying,
    urgent boolean DEFAULT false NOT NULL,
    heard_via character varying(8) DEFAULT NULL::character varying,
    captured_at bigint,
    photos text DEFAULT '[]'::text NOT NULL,
    status character varying(12) DEFAULT ''::character varying NOT NULL,
    issue bigint,
    ask text,
    reject text,
    amendments integer DEFAULT 0 NOT NULL,
    rev integer DEFAULT 1 NOT NULL,
    pseudonym character varying(12) DEFAULT ''::character varying NOT NULL,
    author character varying(36) DEFAULT NULL::character varying,
    tag character varying(32) DEFAULT NULL::character varying,
    received_at bigint,
    in_week character varying(8) DEFAULT ''::character varying NOT NULL,
    in_month character varying(7) DEFAULT ''::character varying NOT NULL,
    released boolean DEFAULT false NOT NULL,
    desk_order bigint DEFAULT 0 NOT NULL,
    opened_at bigint,
    joined_at bigint
);
CREATE TABLE public.notices (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    areas text DEFAULT ''::text NOT NULL,
    title character varying(160) DEFAULT ''::character varying NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    valid_from character varying(10) DEFAULT ''::character varying NOT NULL,
    valid_to character varying(10) DEFAULT ''::character varying NOT NULL,
    issues text DEFAULT '[]'::text NOT NULL,
    state character varying(10) DEFAULT 'draft'::character varying NOT NULL,
    written_by character varying(36) DEFAULT ''::character varying NOT NULL,
    created_at bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.photos (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    note character varying(36) DEFAULT ''::character varying NOT NULL,
    claim_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    sha256 character varying(64) DEFAULT ''::character varying NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    type character varying(16) DEFAULT ''::character varying NOT NULL,
    state character varying(10) DEFAULT ''::character varying NOT NULL,
    reject text,
    author character varying(36) DEFAULT NULL::character varying,
    created_at bigint DEFAULT 0 NOT NULL,
    received_at bigint,
    claimed_until bigint DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    name character varying(32) DEFAULT NULL::character varying,
    width integer,
    height integer
);
CREATE TABLE public.places (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    name character varying(120) DEFAULT ''::character varying NOT NULL,
    kind character varying(20) DEFAULT ''::character varying NOT NULL,
    aliases text DEFAULT '[]'::text NOT NULL,
    retired boolean DEFAULT false NOT NULL
);
CREATE TABLE public.recovery_codes (
    code_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    account character varying(36) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.sessions (
    token_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    account character varying(36) DEFAULT ''::character varying NOT NULL,
    created_at bigint DEFAULT 0 NOT NULL,
    seen_at bigint DEFAULT 0 NOT NULL,
    standing character varying(64) DEFAULT ''::character varying NOT NULL,
    stage character varying(8) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.snapshots (
    id integer NOT NULL,
    day character varying(10) DEFAULT ''::character varying NOT NULL,
    ward character varying(20) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    topic character varying(8) DEFAULT ''::character varying NOT NULL,
    period character varying(8) DEFAULT ''::character varying NOT NULL,
    n bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.snapshots_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.snapshots_id_seq OWNED BY public.snapshots.id;
CREATE TABLE public.streams (
    name character varying(60) DEFAULT ''::character varying NOT NULL,
    head bigint DEFAULT 0 NOT NULL,
    floor bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.topics (
    code character varying(8) DEFAULT ''::character varying NOT NULL,
    parent character varying(8) DEFAULT ''::character varying NOT NULL,
    vi character varying(120) DEFAULT ''::character varying NOT NULL,
    en character varying(120) DEFAULT ''::character varying NOT NULL,
    icon character varying(24) DEFAULT ''::character varying NOT NULL,
    lanes text DEFAULT ''::text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    retired boolean DEFAULT false NOT NULL,
    successor character varying(8) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.totals (
    id integer NOT NULL,
    lane character varying(8) DEFAULT ''::character varying NOT NULL,
    area character varying(20) DEFAULT ''::character varying NOT NULL,
    topic character varying(8) DEFAULT ''::character varying NOT NULL,
    period character varying(8) DEFAULT ''::character varying NOT NULL,
    n bigint DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.totals_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.totals_id_seq OWNED BY public.totals.id;
CREATE TABLE public.upload_parts (
    id integer NOT NULL,
    upload character varying(36) DEFAULT ''::character varying NOT NULL,
    start bigint DEFAULT 0 NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    key character varying(120) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.upload_parts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.upload_parts_id_seq OWNED BY public.upload_parts.id;
CREATE TABLE public.uploads (
    id character varying(36) DEFAULT ''::character varying NOT NULL,
    length bigint DEFAULT 0 NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    lease character varying(36) DEFAULT ''::character varying NOT NULL,
    lease_until bigint DEFAULT 0 NOT NULL,
    done boolean DEFAULT false NOT NULL,
    expires_at bigint DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.account_areas ALTER COLUMN id SET DEFAULT nextval('public.account_areas_id_seq'::regclass);
ALTER TABLE ONLY public.amendments ALTER COLUMN id SET DEFAULT nextval('public.amendments_id_seq'::regclass);
ALTER TABLE ONLY public.device_numbers ALTER COLUMN id SET DEFAULT nextval('public.device_numbers_id_seq'::regclass);
ALTER TABLE ONLY public.followers ALTER COLUMN id SET DEFAULT nextval('public.followers_id_seq'::regclass);
ALTER TABLE ONLY public.issue_events ALTER COLUMN id SET DEFAULT nextval('public.issue_events_id_seq'::regclass);
ALTER TABLE ONLY public.issue_months ALTER COLUMN id SET DEFAULT nextval('public.issue_months_id_seq'::regclass);
ALTER TABLE ONLY public.issues ALTER COLUMN number SET DEFAULT nextval('public.issues_number_seq'::regclass);
ALTER TABLE ONLY public.log ALTER COLUMN id SET DEFAULT nextval('public.log_id_seq'::regclass);
ALTER TABLE ONLY public.mark_counts ALTER COLUMN id SET DEFAULT nextval('public.mark_counts_id_seq'::regclass);
ALTER TABLE ONLY public.migration ALTER COLUMN id SET DEFAULT nextval('public.migration_id_seq'::regclass);
ALTER TABLE ONLY public.snapshots ALTER COLUMN id SET DEFAULT nextval('public.snapshots_id_seq'::regclass);
ALTER TABLE ONLY public.totals ALTER COLUMN id SET DEFAULT nextval('public.totals_id_seq'::regclass);
ALTER TABLE ONLY public.upload_parts ALTER COLUMN id SET DEFAULT nextval('public.upload_parts_id_seq'::regclass);
ALTER TABLE ONLY public.account_areas
    ADD CONSTRAINT account_areas_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_login_key UNIQUE (login);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.amendments
    ADD CONSTRAINT amendments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.areas
    ADD CONSTRAINT areas_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (bucket);
ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (n);
ALTER TABLE ONLY public.counted
    ADD CONSTRAINT counted_pkey PRIMARY KEY (note);
ALTER TABLE ONLY public.device_numbers
    ADD CONSTRAINT device_numbers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_push_token_hash_key UNIQUE (push_token_hash);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.doors
    ADD CONSTRAINT doors_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_pkey PRIMARY KEY (handle);
ALTER TABLE ONLY public.erased
    ADD CONSTRAINT erased_pkey PRIMARY KEY (cell);
ALTER TABLE ONLY public.followers
    ADD CONSTRAINT followers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.gazetteer
    ADD CONSTRAINT gazetteer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.issue_events
    ADD CONSTRAINT issue_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.issue_months
    ADD CONSTRAINT issue_months_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.issues
    ADD CONSTRAINT issues_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mark_counts
    ADD CONSTRAINT mark_counts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mark_ids
    ADD CONSTRAINT mark_ids_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.places
    ADD CONSTRAINT places_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (code_hash);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.topics
    ADD CONSTRAINT topics_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.totals
    ADD CONSTRAINT totals_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.upload_parts
    ADD CONSTRAINT upload_parts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);
CREATE INDEX account_areas_account ON public.account_areas USING btree (account);
CREATE UNIQUE INDEX amendments_mac ON public.amendments USING btree (note, mac, cause);
CREATE INDEX amendments_note ON public.amendments USING btree (note);
CREATE INDEX answers_issue ON public.answers USING btree (issue);
CREATE INDEX audit_at ON public.audit USING btree (at);
CREATE INDEX device_numbers_device ON public.device_numbers USING btree (device);
CREATE INDEX devices_account ON public.devices USING btree (account);
CREATE INDEX erased_ward ON public.erased USING btree (ward);
CREATE UNIQUE INDEX followers_stream ON public.followers USING btree (name, stream);
CREATE INDEX issue_events_issue ON public.issue_events USING btree (issue);
CREATE INDEX issue_months_issue ON public.issue_months USING btree (issue);
CREATE UNIQUE INDEX issue_months_month ON public.issue_months USING btree (issue, month);
CREATE UNIQUE INDEX log_document ON public.log USING btree (stream, collection, doc);
CREATE INDEX log_order ON public.log USING btree (stream, collection, n);
CREATE UNIQUE INDEX mark_counts_cell ON public.mark_counts USING btree (mark, subject, area, month);
CREATE INDEX messages_note ON public.messages USING btree (note);
CREATE INDEX notes_author ON public.notes USING btree (author);
CREATE INDEX notes_desk ON public.notes USING btree (ward, desk_order) WHERE (released AND ((status)::text = ANY ((ARRAY['received'::character varying, 'quarantined'::character varying, 'read'::character varying, 'cleared'::character varying])::text[])));
CREATE INDEX notes_issue ON public.notes USING btree (issue) WHERE (issue IS NOT NULL);
CREATE INDEX notes_opened ON public.notes USING btree (pseudonym) WHERE (opened_at IS NOT NULL);
CREATE INDEX notes_waiting ON public.notes USING btree (ward) WHERE (NOT released);
CREATE INDEX photos_author ON public.photos USING btree (author);
CREATE INDEX photos_note ON public.photos USING btree (note);
CREATE INDEX photos_waiting ON public.photos USING btree (created_at) WHERE ((state)::text = 'received'::text);
CREATE INDEX recovery_codes_account ON public.recovery_codes USING btree (account);
CREATE INDEX sessions_account ON public.sessions USING btree (account);
CREATE UNIQUE INDEX snapshots_cell ON public.snapshots USING btree (ward, area, topic, period);
CREATE INDEX snapshots_ward ON public.snapshots USING btree (ward);
CREATE UNIQUE INDEX totals_cell ON public.totals USING btree (lane, area, topic, period);
CREATE INDEX totals_period ON public.totals USING btree (period, lane);
CREATE UNIQUE INDEX upload_parts_start ON public.upload_parts USING btree (upload, start);
CREATE INDEX upload_parts_upload ON public.upload_parts USING btree (upload);
CREATE INDEX uploads_open ON public.uploads USING btree (expires_at) WHERE (NOT done);

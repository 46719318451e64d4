// The tables, views and functions the Data API offers. Written by `npm run generate` from the migrations; do not edit.

export type Json = string | number | boolean | null | {
  [key: string]: Json | undefined;
} | Json[];
export type Database = {
  'public': {
    Tables: {
      'attempts': {
        Row: {
          'at': string;
          'category': string | null;
          'code': string | null;
          'external_id': string | null;
          'field': string | null;
          'id': number;
          'integration_id': string;
          'message': string | null;
          'org_id': string;
          'outcome': string;
          'record_id': number;
          'request_id': string | null;
          'response': string | null;
          'run_id': number;
          'status': number | null;
          'version': number;
        };
        ComputedFields: never;
        Insert: {
          'at': string;
          'category'?: string | null;
          'code'?: string | null;
          'external_id'?: string | null;
          'field'?: string | null;
          'id'?: never;
          'integration_id': string;
          'message'?: string | null;
          'org_id': string;
          'outcome': string;
          'record_id': number;
          'request_id'?: string | null;
          'response'?: string | null;
          'run_id': number;
          'status'?: number | null;
          'version': number;
        };
        Update: {
          'at'?: string;
          'category'?: string | null;
          'code'?: string | null;
          'external_id'?: string | null;
          'field'?: string | null;
          'id'?: never;
          'integration_id'?: string;
          'message'?: string | null;
          'org_id'?: string;
          'outcome'?: string;
          'record_id'?: number;
          'request_id'?: string | null;
          'response'?: string | null;
          'run_id'?: number;
          'status'?: number | null;
          'version'?: number;
        };
        Relationships: [
        ];
      };
      'audit_log': {
        Row: {
          'action': string;
          'actor': string;
          'actor_id': string | null;
          'after': Json | null;
          'at': string;
          'before': Json | null;
          'id': number;
          'integration_id': string | null;
          'org_id': string;
          'reason': string | null;
          'subject': string | null;
          'system': string | null;
        };
        ComputedFields: never;
        Insert: {
          'action': string;
          'actor': string;
          'actor_id'?: string | null;
          'after'?: Json | null;
          'at': string;
          'before'?: Json | null;
          'id'?: never;
          'integration_id'?: string | null;
          'org_id': string;
          'reason'?: string | null;
          'subject'?: string | null;
          'system'?: string | null;
        };
        Update: {
          'action'?: string;
          'actor'?: string;
          'actor_id'?: string | null;
          'after'?: Json | null;
          'at'?: string;
          'before'?: Json | null;
          'id'?: never;
          'integration_id'?: string | null;
          'org_id'?: string;
          'reason'?: string | null;
          'subject'?: string | null;
          'system'?: string | null;
        };
        Relationships: [
        ];
      };
      'causes': {
        Row: {
          'category': string;
          'code': string;
          'field': string;
          'first_seen_at': string;
          'fixed_at': string | null;
          'fixed_record_id': number | null;
          'fixed_retry_id': number | null;
          'fixed_version': number | null;
          'id': number;
          'integration_id': string;
          'last_seen_at': string;
          'org_id': string;
          'payload_field': string | null;
          'refused_at': string | null;
          'refused_version': number | null;
          'sample': string;
          'template': string;
        };
        ComputedFields: never;
        Insert: {
          'category': string;
          'code'?: string;
          'field'?: string;
          'first_seen_at': string;
          'fixed_at'?: string | null;
          'fixed_record_id'?: number | null;
          'fixed_retry_id'?: number | null;
          'fixed_version'?: number | null;
          'id'?: never;
          'integration_id': string;
          'last_seen_at': string;
          'org_id': string;
          'payload_field'?: string | null;
          'refused_at'?: string | null;
          'refused_version'?: number | null;
          'sample': string;
          'template': string;
        };
        Update: {
          'category'?: string;
          'code'?: string;
          'field'?: string;
          'first_seen_at'?: string;
          'fixed_at'?: string | null;
          'fixed_record_id'?: number | null;
          'fixed_retry_id'?: number | null;
          'fixed_version'?: number | null;
          'id'?: never;
          'integration_id'?: string;
          'last_seen_at'?: string;
          'org_id'?: string;
          'payload_field'?: string | null;
          'refused_at'?: string | null;
          'refused_version'?: number | null;
          'sample'?: string;
          'template'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'deliveries': {
        Row: {
          'address': string;
          'attempts': number;
          'batch': string | null;
          'channel': string;
          'created_at': string;
          'error': string | null;
          'frozen': Json | null;
          'id': string;
          'invitation_id': number | null;
          'locale': string;
          'next_attempt_at': string;
          'notice': NonNullable<Json>;
          'notification_id': number | null;
          'org_id': string;
          'provider_id': string | null;
          'sent_at': string | null;
          'state': string;
          'token': string | null;
        };
        ComputedFields: never;
        Insert: {
          'address': string;
          'attempts'?: number;
          'batch'?: string | null;
          'channel': string;
          'created_at': string;
          'error'?: string | null;
          'frozen'?: Json | null;
          'id'?: string;
          'invitation_id'?: number | null;
          'locale': string;
          'next_attempt_at': string;
          'notice': NonNullable<Json>;
          'notification_id'?: number | null;
          'org_id': string;
          'provider_id'?: string | null;
          'sent_at'?: string | null;
          'state'?: string;
          'token'?: string | null;
        };
        Update: {
          'address'?: string;
          'attempts'?: number;
          'batch'?: string | null;
          'channel'?: string;
          'created_at'?: string;
          'error'?: string | null;
          'frozen'?: Json | null;
          'id'?: string;
          'invitation_id'?: number | null;
          'locale'?: string;
          'next_attempt_at'?: string;
          'notice'?: NonNullable<Json>;
          'notification_id'?: number | null;
          'org_id'?: string;
          'provider_id'?: string | null;
          'sent_at'?: string | null;
          'state'?: string;
          'token'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'deliveries_org_id_invitation_id_fkey';
            columns: [
              'org_id',
              'invitation_id'
            ];
            isOneToOne: false;
            referencedRelation: 'invitations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'deliveries_org_id_notification_id_fkey';
            columns: [
              'org_id',
              'notification_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_notifications';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'deliveries_org_id_notification_id_fkey';
            columns: [
              'org_id',
              'notification_id'
            ];
            isOneToOne: false;
            referencedRelation: 'notifications';
            referencedColumns: [
              'org_id',
              'id'
            ];
          }
        ];
      };
      'findings': {
        Row: {
          'closed_at': string | null;
          'evidence': NonNullable<Json>;
          'id': number;
          'integration_id': string;
          'org_id': string;
          'rule': string;
          'severity': string;
          'since': string;
          'subject': string;
          'urgency': string | null;
        };
        ComputedFields: never;
        Insert: {
          'closed_at'?: string | null;
          'evidence': NonNullable<Json>;
          'id'?: never;
          'integration_id': string;
          'org_id': string;
          'rule': string;
          'severity': string;
          'since': string;
          'subject'?: string;
          'urgency'?: string | null;
        };
        Update: {
          'closed_at'?: string | null;
          'evidence'?: NonNullable<Json>;
          'id'?: never;
          'integration_id'?: string;
          'org_id'?: string;
          'rule'?: string;
          'severity'?: string;
          'since'?: string;
          'subject'?: string;
          'urgency'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'findings_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'findings_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'findings_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'grant_reports': {
        Row: {
          'csv': string;
          'csv_sha256': string;
          'fields': NonNullable<Json>;
          'fingerprint': string;
          'first_day': string;
          'handed_in_at': string;
          'handed_in_by': string | null;
          'handed_in_name': string;
          'handed_in_on': string;
          'id': number;
          'integrations': (string)[] | null;
          'last_day': string;
          'org_id': string;
          'records': NonNullable<Json>;
          'reference': string | null;
          'scheme': string;
          'template': NonNullable<Json>;
          'totals': NonNullable<Json>;
          'unlock_reason': string | null;
          'unlocked_at': string | null;
          'unlocked_by': string | null;
          'unlocked_name': string | null;
          'version': string;
          'xlsx': string;
          'xlsx_sha256': string;
        };
        ComputedFields: never;
        Insert: {
          'csv': string;
          'csv_sha256': string;
          'fields': NonNullable<Json>;
          'fingerprint': string;
          'first_day': string;
          'handed_in_at': string;
          'handed_in_by'?: string | null;
          'handed_in_name': string;
          'handed_in_on': string;
          'id'?: never;
          'integrations'?: (string)[] | null;
          'last_day': string;
          'org_id': string;
          'records': NonNullable<Json>;
          'reference'?: string | null;
          'scheme': string;
          'template': NonNullable<Json>;
          'totals': NonNullable<Json>;
          'unlock_reason'?: string | null;
          'unlocked_at'?: string | null;
          'unlocked_by'?: string | null;
          'unlocked_name'?: string | null;
          'version': string;
          'xlsx': string;
          'xlsx_sha256': string;
        };
        Update: {
          'csv'?: string;
          'csv_sha256'?: string;
          'fields'?: NonNullable<Json>;
          'fingerprint'?: string;
          'first_day'?: string;
          'handed_in_at'?: string;
          'handed_in_by'?: string | null;
          'handed_in_name'?: string;
          'handed_in_on'?: string;
          'id'?: never;
          'integrations'?: (string)[] | null;
          'last_day'?: string;
          'org_id'?: string;
          'records'?: NonNullable<Json>;
          'reference'?: string | null;
          'scheme'?: string;
          'template'?: NonNullable<Json>;
          'totals'?: NonNullable<Json>;
          'unlock_reason'?: string | null;
          'unlocked_at'?: string | null;
          'unlocked_by'?: string | null;
          'unlocked_name'?: string | null;
          'version'?: string;
          'xlsx'?: string;
          'xlsx_sha256'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'grant_reports_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'grant_reports_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          }
        ];
      };
      'health_changes': {
        Row: {
          'after': string | null;
          'alerted': boolean;
          'at': string;
          'before': string | null;
          'evidence': NonNullable<Json>;
          'id': number;
          'integration_id': string;
          'kind': string;
          'org_id': string;
          'rule': string;
          'subject': string;
          'urgency': string | null;
        };
        ComputedFields: never;
        Insert: {
          'after'?: string | null;
          'alerted'?: boolean;
          'at': string;
          'before'?: string | null;
          'evidence'?: NonNullable<Json>;
          'id'?: never;
          'integration_id': string;
          'kind': string;
          'org_id': string;
          'rule'?: string;
          'subject'?: string;
          'urgency'?: string | null;
        };
        Update: {
          'after'?: string | null;
          'alerted'?: boolean;
          'at'?: string;
          'before'?: string | null;
          'evidence'?: NonNullable<Json>;
          'id'?: never;
          'integration_id'?: string;
          'kind'?: string;
          'org_id'?: string;
          'rule'?: string;
          'subject'?: string;
          'urgency'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'health_changes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'health_changes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'health_changes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'incidents': {
        Row: {
          'acknowledged_at': string | null;
          'acknowledged_by': string | null;
          'alarm': string;
          'assigned_to': string | null;
          'id': number;
          'integration_id': string;
          'opened_at': string;
          'org_id': string;
          'resolved_at': string | null;
          'snooze_reason': string | null;
          'snoozed_by': string | null;
          'snoozed_until': string | null;
          'state': string;
          'subject': string;
          'urgency': string;
        };
        ComputedFields: never;
        Insert: {
          'acknowledged_at'?: string | null;
          'acknowledged_by'?: string | null;
          'alarm': string;
          'assigned_to'?: string | null;
          'id'?: never;
          'integration_id': string;
          'opened_at': string;
          'org_id': string;
          'resolved_at'?: string | null;
          'snooze_reason'?: string | null;
          'snoozed_by'?: string | null;
          'snoozed_until'?: string | null;
          'state'?: string;
          'subject'?: string;
          'urgency': string;
        };
        Update: {
          'acknowledged_at'?: string | null;
          'acknowledged_by'?: string | null;
          'alarm'?: string;
          'assigned_to'?: string | null;
          'id'?: never;
          'integration_id'?: string;
          'opened_at'?: string;
          'org_id'?: string;
          'resolved_at'?: string | null;
          'snooze_reason'?: string | null;
          'snoozed_by'?: string | null;
          'snoozed_until'?: string | null;
          'state'?: string;
          'subject'?: string;
          'urgency'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'incidents_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'incidents_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'incidents_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'integration_status': {
        Row: {
          'asks_again_at': string | null;
          'check_asked_at': string | null;
          'check_error': string | null;
          'check_warnings': (string)[];
          'checked_as': string | null;
          'checked_at': string | null;
          'circuit_failures': number;
          'circuit_open_until': string | null;
          'consecutive_failures': number;
          'consecutive_successes': number;
          'data_as_of': string | null;
          'dirty': boolean;
          'drifted_streams': number;
          'duration_off': number | null;
          'evaluated_at': string | null;
          'failed_of_ten': number;
          'health': string;
          'health_since': string;
          'integration_id': string;
          'last_run_id': number | null;
          'last_success_at': string | null;
          'next_deadline': string | null;
          'org_id': string;
          'signals_error': string | null;
          'signals_past': number;
          'usual_seconds': number | null;
          'usual_selected': number | null;
          'volume_off': number | null;
        };
        ComputedFields: never;
        Insert: {
          'asks_again_at'?: string | null;
          'check_asked_at'?: string | null;
          'check_error'?: string | null;
          'check_warnings'?: (string)[];
          'checked_as'?: string | null;
          'checked_at'?: string | null;
          'circuit_failures'?: number;
          'circuit_open_until'?: string | null;
          'consecutive_failures'?: number;
          'consecutive_successes'?: number;
          'data_as_of'?: string | null;
          'dirty'?: boolean;
          'drifted_streams'?: number;
          'duration_off'?: number | null;
          'evaluated_at'?: string | null;
          'failed_of_ten'?: number;
          'health'?: string;
          'health_since': string;
          'integration_id': string;
          'last_run_id'?: number | null;
          'last_success_at'?: string | null;
          'next_deadline'?: string | null;
          'org_id': string;
          'signals_error'?: string | null;
          'signals_past'?: number;
          'usual_seconds'?: number | null;
          'usual_selected'?: number | null;
          'volume_off'?: number | null;
        };
        Update: {
          'asks_again_at'?: string | null;
          'check_asked_at'?: string | null;
          'check_error'?: string | null;
          'check_warnings'?: (string)[];
          'checked_as'?: string | null;
          'checked_at'?: string | null;
          'circuit_failures'?: number;
          'circuit_open_until'?: string | null;
          'consecutive_failures'?: number;
          'consecutive_successes'?: number;
          'data_as_of'?: string | null;
          'dirty'?: boolean;
          'drifted_streams'?: number;
          'duration_off'?: number | null;
          'evaluated_at'?: string | null;
          'failed_of_ten'?: number;
          'health'?: string;
          'health_since'?: string;
          'integration_id'?: string;
          'last_run_id'?: number | null;
          'last_success_at'?: string | null;
          'next_deadline'?: string | null;
          'org_id'?: string;
          'signals_error'?: string | null;
          'signals_past'?: number;
          'usual_seconds'?: number | null;
          'usual_selected'?: number | null;
          'volume_off'?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'integration_status_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: true;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'integration_status_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: true;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'integration_status_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: true;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'integrations': {
        Row: {
          'calendar': Json | null;
          'created_at': string;
          'credential_expires_at': string | null;
          'credential_keys': (string)[];
          'credential_secret_id': string | null;
          'credential_set_at': string | null;
          'direction': string;
          'enabled': boolean;
          'every_minutes': number | null;
          'id': string;
          'name': string;
          'next_due_at': string;
          'org_id': string;
          'settings': NonNullable<Json>;
          'slug': string;
          'system': string;
          'thresholds': NonNullable<Json>;
          'updated_at': string;
        };
        ComputedFields: never;
        Insert: {
          'calendar'?: Json | null;
          'created_at'?: string;
          'credential_expires_at'?: string | null;
          'credential_keys'?: (string)[];
          'credential_secret_id'?: string | null;
          'credential_set_at'?: string | null;
          'direction'?: string;
          'enabled'?: boolean;
          'every_minutes'?: number | null;
          'id'?: string;
          'name': string;
          'next_due_at'?: string;
          'org_id': string;
          'settings'?: NonNullable<Json>;
          'slug': string;
          'system': string;
          'thresholds'?: NonNullable<Json>;
          'updated_at'?: string;
        };
        Update: {
          'calendar'?: Json | null;
          'created_at'?: string;
          'credential_expires_at'?: string | null;
          'credential_keys'?: (string)[];
          'credential_secret_id'?: string | null;
          'credential_set_at'?: string | null;
          'direction'?: string;
          'enabled'?: boolean;
          'every_minutes'?: number | null;
          'id'?: string;
          'name'?: string;
          'next_due_at'?: string;
          'org_id'?: string;
          'settings'?: NonNullable<Json>;
          'slug'?: string;
          'system'?: string;
          'thresholds'?: NonNullable<Json>;
          'updated_at'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'integrations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'integrations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          }
        ];
      };
      'invitations': {
        Row: {
          'email': string;
          'ended_at': string | null;
          'expires_at': string;
          'id': number;
          'invited_at': string;
          'invited_by': string;
          'invited_by_name': string;
          'name': string;
          'org_id': string;
          'org_name': string;
          'role': string;
          'state': string;
        };
        ComputedFields: never;
        Insert: {
          'email': string;
          'ended_at'?: string | null;
          'expires_at': string;
          'id'?: never;
          'invited_at': string;
          'invited_by': string;
          'invited_by_name': string;
          'name': string;
          'org_id': string;
          'org_name': string;
          'role': string;
          'state'?: string;
        };
        Update: {
          'email'?: string;
          'ended_at'?: string | null;
          'expires_at'?: string;
          'id'?: never;
          'invited_at'?: string;
          'invited_by'?: string;
          'invited_by_name'?: string;
          'name'?: string;
          'org_id'?: string;
          'org_name'?: string;
          'role'?: string;
          'state'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'invitations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'invitations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          }
        ];
      };
      'maintenance_windows': {
        Row: {
          'created_by': string | null;
          'ends_at': string;
          'id': number;
          'integration_id': string | null;
          'org_id': string;
          'reason': string;
          'series': string | null;
          'starts_at': string;
        };
        ComputedFields: never;
        Insert: {
          'created_by'?: string | null;
          'ends_at': string;
          'id'?: never;
          'integration_id'?: string | null;
          'org_id': string;
          'reason'?: string;
          'series'?: string | null;
          'starts_at': string;
        };
        Update: {
          'created_by'?: string | null;
          'ends_at'?: string;
          'id'?: never;
          'integration_id'?: string | null;
          'org_id'?: string;
          'reason'?: string;
          'series'?: string | null;
          'starts_at'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'maintenance_windows_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'members': {
        Row: {
          'created_at': string;
          'locale': string;
          'name': string;
          'org_id': string;
          'role': string;
          'user_id': string;
        };
        ComputedFields: never;
        Insert: {
          'created_at'?: string;
          'locale'?: string;
          'name'?: string;
          'org_id': string;
          'role': string;
          'user_id': string;
        };
        Update: {
          'created_at'?: string;
          'locale'?: string;
          'name'?: string;
          'org_id'?: string;
          'role'?: string;
          'user_id'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'members_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'members_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          }
        ];
      };
      'notification_settings': {
        Row: {
          'channel': string;
          'enabled': boolean;
          'event': string;
          'org_id': string;
          'user_id': string;
        };
        ComputedFields: never;
        Insert: {
          'channel': string;
          'enabled': boolean;
          'event': string;
          'org_id': string;
          'user_id': string;
        };
        Update: {
          'channel'?: string;
          'enabled'?: boolean;
          'event'?: string;
          'org_id'?: string;
          'user_id'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'notification_settings_org_id_user_id_fkey';
            columns: [
              'org_id',
              'user_id'
            ];
            isOneToOne: false;
            referencedRelation: 'members';
            referencedColumns: [
              'org_id',
              'user_id'
            ];
          }
        ];
      };
      'notifications': {
        Row: {
          'change_id': number;
          'created_at': string;
          'id': number;
          'in_app': boolean;
          'incident_id': number | null;
          'integration_id': string | null;
          'kind': string;
          'notice': NonNullable<Json>;
          'org_id': string;
          'read_at': string | null;
          'urgency': string;
          'user_id': string;
        };
        ComputedFields: never;
        Insert: {
          'change_id': number;
          'created_at': string;
          'id'?: never;
          'in_app'?: boolean;
          'incident_id'?: number | null;
          'integration_id'?: string | null;
          'kind': string;
          'notice': NonNullable<Json>;
          'org_id': string;
          'read_at'?: string | null;
          'urgency': string;
          'user_id': string;
        };
        Update: {
          'change_id'?: number;
          'created_at'?: string;
          'id'?: never;
          'in_app'?: boolean;
          'incident_id'?: number | null;
          'integration_id'?: string | null;
          'kind'?: string;
          'notice'?: NonNullable<Json>;
          'org_id'?: string;
          'read_at'?: string | null;
          'urgency'?: string;
          'user_id'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'notifications_org_id_incident_id_fkey';
            columns: [
              'org_id',
              'incident_id'
            ];
            isOneToOne: false;
            referencedRelation: 'incidents';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'notifications_org_id_incident_id_fkey';
            columns: [
              'org_id',
              'incident_id'
            ];
            isOneToOne: false;
            referencedRelation: 'open_incidents';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'notifications_org_id_user_id_fkey';
            columns: [
              'org_id',
              'user_id'
            ];
            isOneToOne: false;
            referencedRelation: 'members';
            referencedColumns: [
              'org_id',
              'user_id'
            ];
          }
        ];
      };
      'organizations': {
        Row: {
          'approve_changes': boolean;
          'created_at': string;
          'currency': string;
          'cutoff_day': number | null;
          'cutoff_time': string;
          'id': string;
          'name': string;
          'slug': string;
          'time_zone': string;
        };
        ComputedFields: never;
        Insert: {
          'approve_changes'?: boolean;
          'created_at'?: string;
          'currency'?: string;
          'cutoff_day'?: number | null;
          'cutoff_time'?: string;
          'id'?: string;
          'name': string;
          'slug': string;
          'time_zone'?: string;
        };
        Update: {
          'approve_changes'?: boolean;
          'created_at'?: string;
          'currency'?: string;
          'cutoff_day'?: number | null;
          'cutoff_time'?: string;
          'id'?: string;
          'name'?: string;
          'slug'?: string;
          'time_zone'?: string;
        };
        Relationships: [
        ];
      };
      'pulled_records': {
        Row: {
          'changed_at': string | null;
          'deleted_at': string | null;
          'integration_id': string;
          'org_id': string;
          'payload': Json | null;
          'pulled_at': string;
          'source_id': string;
          'stream': string;
          'version': number;
        };
        ComputedFields: never;
        Insert: {
          'changed_at'?: string | null;
          'deleted_at'?: string | null;
          'integration_id': string;
          'org_id': string;
          'payload'?: Json | null;
          'pulled_at': string;
          'source_id': string;
          'stream': string;
          'version'?: number;
        };
        Update: {
          'changed_at'?: string | null;
          'deleted_at'?: string | null;
          'integration_id'?: string;
          'org_id'?: string;
          'payload'?: Json | null;
          'pulled_at'?: string;
          'source_id'?: string;
          'stream'?: string;
          'version'?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'pulled_records_org_id_integration_id_stream_fkey';
            columns: [
              'org_id',
              'integration_id',
              'stream'
            ];
            isOneToOne: false;
            referencedRelation: 'stream_overview';
            referencedColumns: [
              'org_id',
              'integration_id',
              'stream'
            ];
          },
          {
            foreignKeyName: 'pulled_records_org_id_integration_id_stream_fkey';
            columns: [
              'org_id',
              'integration_id',
              'stream'
            ];
            isOneToOne: false;
            referencedRelation: 'streams';
            referencedColumns: [
              'org_id',
              'integration_id',
              'stream'
            ];
          }
        ];
      };
      'record_versions': {
        Row: {
          'amount': number | null;
          'cause_id': number | null;
          'currency': string | null;
          'handed_in_at': string;
          'label': string | null;
          'occurred_on': string | null;
          'org_id': string;
          'payload': NonNullable<Json>;
          'record_id': number;
          'version': number;
        };
        ComputedFields: never;
        Insert: {
          'amount'?: number | null;
          'cause_id'?: number | null;
          'currency'?: string | null;
          'handed_in_at': string;
          'label'?: string | null;
          'occurred_on'?: string | null;
          'org_id': string;
          'payload': NonNullable<Json>;
          'record_id': number;
          'version': number;
        };
        Update: {
          'amount'?: number | null;
          'cause_id'?: number | null;
          'currency'?: string | null;
          'handed_in_at'?: string;
          'label'?: string | null;
          'occurred_on'?: string | null;
          'org_id'?: string;
          'payload'?: NonNullable<Json>;
          'record_id'?: number;
          'version'?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'record_versions_org_id_record_id_fkey';
            columns: [
              'org_id',
              'record_id'
            ];
            isOneToOne: false;
            referencedRelation: 'closed_records';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'record_versions_org_id_record_id_fkey';
            columns: [
              'org_id',
              'record_id'
            ];
            isOneToOne: false;
            referencedRelation: 'failed_records';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'record_versions_org_id_record_id_fkey';
            columns: [
              'org_id',
              'record_id'
            ];
            isOneToOne: false;
            referencedRelation: 'records';
            referencedColumns: [
              'org_id',
              'id'
            ];
          }
        ];
      };
      'records': {
        Row: {
          'accepted_at': string | null;
          'amount': number | null;
          'attempts': number;
          'cause_id': number | null;
          'claimed_from': string | null;
          'closed_at': string | null;
          'closed_by': string | null;
          'closed_reason': string | null;
          'created_at': string;
          'currency': string | null;
          'error_category': string | null;
          'error_code': string | null;
          'error_field': string | null;
          'error_message': string | null;
          'error_status': number | null;
          'error_value': string | null;
          'exported_version': number | null;
          'external_id': string | null;
          'failed_at': string | null;
          'id': number;
          'idempotency_key': string;
          'integration_id': string;
          'label': string | null;
          'latest_version': number;
          'next_attempt_at': string;
          'occurred_on': string | null;
          'org_id': string;
          'payload': NonNullable<Json>;
          'queued_at': string;
          'retry_id': number | null;
          'run_id': number | null;
          'settled_at': string | null;
          'source_hash': string;
          'source_id': string;
          'source_type': string;
          'state': string;
          'version': number;
        };
        ComputedFields: never;
        Insert: {
          'accepted_at'?: string | null;
          'amount'?: number | null;
          'attempts'?: number;
          'cause_id'?: number | null;
          'claimed_from'?: string | null;
          'closed_at'?: string | null;
          'closed_by'?: string | null;
          'closed_reason'?: string | null;
          'created_at'?: string;
          'currency'?: string | null;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'error_value'?: string | null;
          'exported_version'?: number | null;
          'external_id'?: string | null;
          'failed_at'?: string | null;
          'id'?: never;
          'idempotency_key'?: string;
          'integration_id': string;
          'label'?: string | null;
          'latest_version'?: number;
          'next_attempt_at'?: string;
          'occurred_on'?: string | null;
          'org_id': string;
          'payload': NonNullable<Json>;
          'queued_at'?: string;
          'retry_id'?: number | null;
          'run_id'?: number | null;
          'settled_at'?: string | null;
          'source_hash'?: string;
          'source_id': string;
          'source_type': string;
          'state'?: string;
          'version'?: number;
        };
        Update: {
          'accepted_at'?: string | null;
          'amount'?: number | null;
          'attempts'?: number;
          'cause_id'?: number | null;
          'claimed_from'?: string | null;
          'closed_at'?: string | null;
          'closed_by'?: string | null;
          'closed_reason'?: string | null;
          'created_at'?: string;
          'currency'?: string | null;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'error_value'?: string | null;
          'exported_version'?: number | null;
          'external_id'?: string | null;
          'failed_at'?: string | null;
          'id'?: never;
          'idempotency_key'?: string;
          'integration_id'?: string;
          'label'?: string | null;
          'latest_version'?: number;
          'next_attempt_at'?: string;
          'occurred_on'?: string | null;
          'org_id'?: string;
          'payload'?: NonNullable<Json>;
          'queued_at'?: string;
          'retry_id'?: number | null;
          'run_id'?: number | null;
          'settled_at'?: string | null;
          'source_hash'?: string;
          'source_id'?: string;
          'source_type'?: string;
          'state'?: string;
          'version'?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'retries': {
        Row: {
          'approved_at': string | null;
          'approved_by': string | null;
          'canary_record_id': number | null;
          'cause_id': number | null;
          'edit': Json | null;
          'ended_by': string | null;
          'ended_reason': string | null;
          'held': (number)[];
          'id': number;
          'integration_id': string;
          'mapping': Json | null;
          'org_id': string;
          'records': number;
          'requested_at': string;
          'requested_by': string | null;
          'resume_at': string | null;
          'scope': string;
          'state': string;
          'taken': number;
        };
        ComputedFields: never;
        Insert: {
          'approved_at'?: string | null;
          'approved_by'?: string | null;
          'canary_record_id'?: number | null;
          'cause_id'?: number | null;
          'edit'?: Json | null;
          'ended_by'?: string | null;
          'ended_reason'?: string | null;
          'held'?: (number)[];
          'id'?: never;
          'integration_id': string;
          'mapping'?: Json | null;
          'org_id': string;
          'records': number;
          'requested_at': string;
          'requested_by'?: string | null;
          'resume_at'?: string | null;
          'scope': string;
          'state'?: string;
          'taken'?: number;
        };
        Update: {
          'approved_at'?: string | null;
          'approved_by'?: string | null;
          'canary_record_id'?: number | null;
          'cause_id'?: number | null;
          'edit'?: Json | null;
          'ended_by'?: string | null;
          'ended_reason'?: string | null;
          'held'?: (number)[];
          'id'?: never;
          'integration_id'?: string;
          'mapping'?: Json | null;
          'org_id'?: string;
          'records'?: number;
          'requested_at'?: string;
          'requested_by'?: string | null;
          'resume_at'?: string | null;
          'scope'?: string;
          'state'?: string;
          'taken'?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'retries_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'retries_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'retries_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'runs': {
        Row: {
          'accepted': number;
          'created_at': string;
          'dedupe': string;
          'due_at': string;
          'error_category': string | null;
          'error_code': string | null;
          'error_field': string | null;
          'error_message': string | null;
          'error_status': number | null;
          'exported': number;
          'failed': number;
          'finished_at': string | null;
          'found_work': boolean;
          'id': number;
          'integration_id': string;
          'last_turn_at': string | null;
          'lease_expires_at': string | null;
          'lost_slices': number;
          'org_id': string;
          'rate_limited': number;
          'requested_by': string | null;
          'resume_at': string | null;
          'retry_id': number | null;
          'retrying': number;
          'rung_at': string | null;
          'selected': number;
          'settles_within_seconds': number;
          'skipped': number;
          'slice': number;
          'slice_token': string | null;
          'started_at': string | null;
          'status': string;
          'trigger': string;
          'uncertain': number;
          'waiting_since': string | null;
        };
        ComputedFields: never;
        Insert: {
          'accepted'?: number;
          'created_at': string;
          'dedupe'?: string;
          'due_at': string;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'exported'?: number;
          'failed'?: number;
          'finished_at'?: string | null;
          'found_work'?: never;
          'id'?: never;
          'integration_id': string;
          'last_turn_at'?: string | null;
          'lease_expires_at'?: string | null;
          'lost_slices'?: number;
          'org_id': string;
          'rate_limited'?: number;
          'requested_by'?: string | null;
          'resume_at'?: string | null;
          'retry_id'?: number | null;
          'retrying'?: number;
          'rung_at'?: string | null;
          'selected'?: number;
          'settles_within_seconds'?: number;
          'skipped'?: number;
          'slice'?: number;
          'slice_token'?: string | null;
          'started_at'?: string | null;
          'status'?: string;
          'trigger': string;
          'uncertain'?: number;
          'waiting_since'?: string | null;
        };
        Update: {
          'accepted'?: number;
          'created_at'?: string;
          'dedupe'?: string;
          'due_at'?: string;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'exported'?: number;
          'failed'?: number;
          'finished_at'?: string | null;
          'found_work'?: never;
          'id'?: never;
          'integration_id'?: string;
          'last_turn_at'?: string | null;
          'lease_expires_at'?: string | null;
          'lost_slices'?: number;
          'org_id'?: string;
          'rate_limited'?: number;
          'requested_by'?: string | null;
          'resume_at'?: string | null;
          'retry_id'?: number | null;
          'retrying'?: number;
          'rung_at'?: string | null;
          'selected'?: number;
          'settles_within_seconds'?: number;
          'skipped'?: number;
          'slice'?: number;
          'slice_token'?: string | null;
          'started_at'?: string | null;
          'status'?: string;
          'trigger'?: string;
          'uncertain'?: number;
          'waiting_since'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'runs_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_retry_id_fkey';
            columns: [
              'org_id',
              'retry_id'
            ];
            isOneToOne: false;
            referencedRelation: 'retries';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_retry_id_fkey';
            columns: [
              'org_id',
              'retry_id'
            ];
            isOneToOne: false;
            referencedRelation: 'retry_progress';
            referencedColumns: [
              'org_id',
              'id'
            ];
          }
        ];
      };
      'signal_history': {
        Row: {
          'about': string;
          'at': string;
          'integration_id': string;
          'name': string;
          'org_id': string;
          'value': number;
        };
        ComputedFields: never;
        Insert: {
          'about': string;
          'at': string;
          'integration_id': string;
          'name': string;
          'org_id': string;
          'value': number;
        };
        Update: {
          'about'?: string;
          'at'?: string;
          'integration_id'?: string;
          'name'?: string;
          'org_id'?: string;
          'value'?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'signal_history_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'signal_history_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'signal_history_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'signals': {
        Row: {
          'about': string;
          'at': string;
          'critical': number | null;
          'integration_id': string;
          'is_floor': boolean;
          'name': string;
          'org_id': string;
          'past': string | null;
          'unit': string;
          'value': number;
          'warning': number | null;
        };
        ComputedFields: never;
        Insert: {
          'about'?: string;
          'at': string;
          'critical'?: number | null;
          'integration_id': string;
          'is_floor'?: boolean;
          'name': string;
          'org_id': string;
          'past'?: never;
          'unit': string;
          'value': number;
          'warning'?: number | null;
        };
        Update: {
          'about'?: string;
          'at'?: string;
          'critical'?: number | null;
          'integration_id'?: string;
          'is_floor'?: boolean;
          'name'?: string;
          'org_id'?: string;
          'past'?: never;
          'unit'?: string;
          'value'?: number;
          'warning'?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'signals_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'signals_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'signals_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'slices': {
        Row: {
          'cpu_ms': number | null;
          'ended_at': string | null;
          'ended_by': string | null;
          'org_id': string;
          'run_id': number;
          'slice': number;
          'started_at': string;
          'wall_ms': number | null;
        };
        ComputedFields: never;
        Insert: {
          'cpu_ms'?: number | null;
          'ended_at'?: string | null;
          'ended_by'?: string | null;
          'org_id': string;
          'run_id': number;
          'slice': number;
          'started_at': string;
          'wall_ms'?: number | null;
        };
        Update: {
          'cpu_ms'?: number | null;
          'ended_at'?: string | null;
          'ended_by'?: string | null;
          'org_id'?: string;
          'run_id'?: number;
          'slice'?: number;
          'started_at'?: string;
          'wall_ms'?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'slices_org_id_run_id_fkey';
            columns: [
              'org_id',
              'run_id'
            ];
            isOneToOne: false;
            referencedRelation: 'run_history';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'slices_org_id_run_id_fkey';
            columns: [
              'org_id',
              'run_id'
            ];
            isOneToOne: false;
            referencedRelation: 'runs';
            referencedColumns: [
              'org_id',
              'id'
            ];
          }
        ];
      };
      'statements': {
        Row: {
          'content': NonNullable<Json>;
          'fingerprint': string;
          'first_day': string;
          'id': number;
          'integration_id': string;
          'last_day': string;
          'note': string | null;
          'org_id': string;
          'signed_at': string;
          'signed_by': string | null;
          'signed_name': string;
        };
        ComputedFields: never;
        Insert: {
          'content': NonNullable<Json>;
          'fingerprint': string;
          'first_day': string;
          'id'?: never;
          'integration_id': string;
          'last_day': string;
          'note'?: string | null;
          'org_id': string;
          'signed_at': string;
          'signed_by'?: string | null;
          'signed_name': string;
        };
        Update: {
          'content'?: NonNullable<Json>;
          'fingerprint'?: string;
          'first_day'?: string;
          'id'?: never;
          'integration_id'?: string;
          'last_day'?: string;
          'note'?: string | null;
          'org_id'?: string;
          'signed_at'?: string;
          'signed_by'?: string | null;
          'signed_name'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'statements_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'statements_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'statements_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'streams': {
        Row: {
          'as_of': string | null;
          'cursor': string | null;
          'cursor_at': string | null;
          'drift': NonNullable<Json>;
          'integration_id': string;
          'is_active': boolean;
          'is_done': boolean;
          'learned_at': string | null;
          'org_id': string;
          'page_at': string | null;
          'page_rows': number | null;
          'rows': number;
          'run_id': number | null;
          'shape': NonNullable<Json>;
          'stream': string;
        };
        ComputedFields: never;
        Insert: {
          'as_of'?: string | null;
          'cursor'?: string | null;
          'cursor_at'?: string | null;
          'drift'?: NonNullable<Json>;
          'integration_id': string;
          'is_active'?: boolean;
          'is_done'?: boolean;
          'learned_at'?: string | null;
          'org_id': string;
          'page_at'?: string | null;
          'page_rows'?: number | null;
          'rows'?: number;
          'run_id'?: number | null;
          'shape'?: NonNullable<Json>;
          'stream': string;
        };
        Update: {
          'as_of'?: string | null;
          'cursor'?: string | null;
          'cursor_at'?: string | null;
          'drift'?: NonNullable<Json>;
          'integration_id'?: string;
          'is_active'?: boolean;
          'is_done'?: boolean;
          'learned_at'?: string | null;
          'org_id'?: string;
          'page_at'?: string | null;
          'page_rows'?: number | null;
          'rows'?: number;
          'run_id'?: number | null;
          'shape'?: NonNullable<Json>;
          'stream'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'streams_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'streams_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'streams_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'webhook_calls': {
        Row: {
          'at': string;
          'call_id': string;
          'integration_id': string;
          'org_id': string;
          'rows': number;
          'stream': string;
        };
        ComputedFields: never;
        Insert: {
          'at': string;
          'call_id': string;
          'integration_id': string;
          'org_id': string;
          'rows': number;
          'stream': string;
        };
        Update: {
          'at'?: string;
          'call_id'?: string;
          'integration_id'?: string;
          'org_id'?: string;
          'rows'?: number;
          'stream'?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'webhook_calls_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'webhook_calls_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'webhook_calls_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
    };
    Views: {
      'audit_trail': {
        Row: {
          'action': string;
          'actor': string;
          'actor_id': string | null;
          'after': Json | null;
          'at': string;
          'before': Json | null;
          'id': number;
          'integration_id': string | null;
          'org_id': string;
          'reason': string | null;
          'subject': string | null;
        };
        ComputedFields: never;
        Insert: {
          'action'?: string | null;
          'actor'?: string | null;
          'actor_id'?: string | null;
          'after'?: Json | null;
          'at'?: string | null;
          'before'?: Json | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'org_id'?: string | null;
          'reason'?: string | null;
          'subject'?: string | null;
        };
        Update: {
          'action'?: string | null;
          'actor'?: string | null;
          'actor_id'?: string | null;
          'after'?: Json | null;
          'at'?: string | null;
          'before'?: Json | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'org_id'?: string | null;
          'reason'?: string | null;
          'subject'?: string | null;
        };
        Relationships: [
        ];
      };
      'cause_fixes': {
        Row: {
          'after': string | null;
          'at': string | null;
          'before': string | null;
          'by_name': string | null;
          'cause_id': number;
          'field': string | null;
          'fields': number | null;
          'fixed_cause_id': number | null;
          'how': string | null;
          'integration_id': string;
          'org_id': string;
          'reason': string | null;
          'record_id': number | null;
          'record_name': string | null;
          'refused_at': string | null;
        };
        ComputedFields: never;
        Insert: {
          'after'?: string | null;
          'at'?: string | null;
          'before'?: string | null;
          'by_name'?: string | null;
          'cause_id'?: number | null;
          'field'?: string | null;
          'fields'?: number | null;
          'fixed_cause_id'?: number | null;
          'how'?: string | null;
          'integration_id'?: string | null;
          'org_id'?: string | null;
          'reason'?: string | null;
          'record_id'?: number | null;
          'record_name'?: string | null;
          'refused_at'?: string | null;
        };
        Update: {
          'after'?: string | null;
          'at'?: string | null;
          'before'?: string | null;
          'by_name'?: string | null;
          'cause_id'?: number | null;
          'field'?: string | null;
          'fields'?: number | null;
          'fixed_cause_id'?: number | null;
          'how'?: string | null;
          'integration_id'?: string | null;
          'org_id'?: string | null;
          'reason'?: string | null;
          'record_id'?: number | null;
          'record_name'?: string | null;
          'refused_at'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'cause_overview': {
        Row: {
          'amounts': Json | null;
          'category': string;
          'code': string;
          'field': string;
          'first_seen': string;
          'id': number;
          'integration_id': string;
          'last_seen': string;
          'offending': Json | null;
          'offending_values': number | null;
          'open_records': number | null;
          'org_id': string;
          'payload_field': string | null;
          'sample': string;
          'template': string;
        };
        ComputedFields: never;
        Insert: {
          'amounts'?: Json | null;
          'category'?: string | null;
          'code'?: string | null;
          'field'?: string | null;
          'first_seen'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'last_seen'?: string | null;
          'offending'?: Json | null;
          'offending_values'?: number | null;
          'open_records'?: number | null;
          'org_id'?: string | null;
          'payload_field'?: string | null;
          'sample'?: string | null;
          'template'?: string | null;
        };
        Update: {
          'amounts'?: Json | null;
          'category'?: string | null;
          'code'?: string | null;
          'field'?: string | null;
          'first_seen'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'last_seen'?: string | null;
          'offending'?: Json | null;
          'offending_values'?: number | null;
          'open_records'?: number | null;
          'org_id'?: string | null;
          'payload_field'?: string | null;
          'sample'?: string | null;
          'template'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'causes_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'closed_records': {
        Row: {
          'amount': string | null;
          'by_person': boolean | null;
          'closed_at': string | null;
          'closed_by_name': string | null;
          'closed_reason': string | null;
          'currency': string | null;
          'id': number;
          'integration_id': string;
          'label': string | null;
          'occurred_on': string | null;
          'org_id': string;
          'run_id': number | null;
          'source_id': string;
          'source_type': string;
          'state': string;
          'version': number;
        };
        ComputedFields: never;
        Insert: {
          'amount'?: string | null;
          'by_person'?: boolean | null;
          'closed_at'?: string | null;
          'closed_by_name'?: string | null;
          'closed_reason'?: string | null;
          'currency'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'label'?: string | null;
          'occurred_on'?: string | null;
          'org_id'?: string | null;
          'run_id'?: number | null;
          'source_id'?: string | null;
          'source_type'?: string | null;
          'state'?: string | null;
          'version'?: number | null;
        };
        Update: {
          'amount'?: string | null;
          'by_person'?: boolean | null;
          'closed_at'?: string | null;
          'closed_by_name'?: string | null;
          'closed_reason'?: string | null;
          'currency'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'label'?: string | null;
          'occurred_on'?: string | null;
          'org_id'?: string | null;
          'run_id'?: number | null;
          'source_id'?: string | null;
          'source_type'?: string | null;
          'state'?: string | null;
          'version'?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'configuration': {
        Row: {
          'calendar': Json | null;
          'changed_by': string | null;
          'credential_expires_at': string | null;
          'credential_keys': (string)[];
          'credential_set_at': string | null;
          'credential_set_by': string | null;
          'direction': string;
          'enabled': boolean;
          'every_minutes': number | null;
          'integration_id': string;
          'name': string;
          'next_due_at': string;
          'next_runs': (string)[] | null;
          'org_id': string;
          'settings': Json | null;
          'slug': string;
          'system': string;
          'thresholds': Json | null;
          'updated_at': string;
        };
        ComputedFields: never;
        Insert: {
          'calendar'?: Json | null;
          'changed_by'?: string | null;
          'credential_expires_at'?: string | null;
          'credential_keys'?: (string)[] | null;
          'credential_set_at'?: string | null;
          'credential_set_by'?: string | null;
          'direction'?: string | null;
          'enabled'?: boolean | null;
          'every_minutes'?: number | null;
          'integration_id'?: string | null;
          'name'?: string | null;
          'next_due_at'?: string | null;
          'next_runs'?: (string)[] | null;
          'org_id'?: string | null;
          'settings'?: Json | null;
          'slug'?: string | null;
          'system'?: string | null;
          'thresholds'?: Json | null;
          'updated_at'?: string | null;
        };
        Update: {
          'calendar'?: Json | null;
          'changed_by'?: string | null;
          'credential_expires_at'?: string | null;
          'credential_keys'?: (string)[] | null;
          'credential_set_at'?: string | null;
          'credential_set_by'?: string | null;
          'direction'?: string | null;
          'enabled'?: boolean | null;
          'every_minutes'?: number | null;
          'integration_id'?: string | null;
          'name'?: string | null;
          'next_due_at'?: string | null;
          'next_runs'?: (string)[] | null;
          'org_id'?: string | null;
          'settings'?: Json | null;
          'slug'?: string | null;
          'system'?: string | null;
          'thresholds'?: Json | null;
          'updated_at'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'integrations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'integrations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          }
        ];
      };
      'failed_records': {
        Row: {
          'amount': string | null;
          'attempts': number;
          'cause_id': number | null;
          'currency': string | null;
          'error_category': string | null;
          'error_code': string | null;
          'error_field': string | null;
          'error_message': string | null;
          'error_status': number | null;
          'error_value': string | null;
          'failed_at': string | null;
          'id': number;
          'integration_id': string;
          'label': string | null;
          'next_attempt_at': string;
          'occurred_on': string | null;
          'org_id': string;
          'payload_field': string | null;
          'run_id': number | null;
          'source_id': string;
          'source_type': string;
          'state': string;
        };
        ComputedFields: never;
        Insert: {
          'amount'?: string | null;
          'attempts'?: number | null;
          'cause_id'?: number | null;
          'currency'?: string | null;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'error_value'?: string | null;
          'failed_at'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'label'?: string | null;
          'next_attempt_at'?: string | null;
          'occurred_on'?: string | null;
          'org_id'?: string | null;
          'payload_field'?: string | null;
          'run_id'?: number | null;
          'source_id'?: string | null;
          'source_type'?: string | null;
          'state'?: string | null;
        };
        Update: {
          'amount'?: string | null;
          'attempts'?: number | null;
          'cause_id'?: number | null;
          'currency'?: string | null;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'error_value'?: string | null;
          'failed_at'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'label'?: string | null;
          'next_attempt_at'?: string | null;
          'occurred_on'?: string | null;
          'org_id'?: string | null;
          'payload_field'?: string | null;
          'run_id'?: number | null;
          'source_id'?: string | null;
          'source_type'?: string | null;
          'state'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'records_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'maintenance': {
        Row: {
          'created_by_name': string | null;
          'cutoff_at': string | null;
          'ends_at': string;
          'held_alerts': number | null;
          'id': number;
          'integration_id': string | null;
          'integration_name': string | null;
          'integration_slug': string | null;
          'org_id': string;
          'reason': string;
          'series': string | null;
          'starts_at': string;
          'state': string | null;
        };
        ComputedFields: never;
        Insert: {
          'created_by_name'?: string | null;
          'cutoff_at'?: string | null;
          'ends_at'?: string | null;
          'held_alerts'?: number | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'integration_name'?: string | null;
          'integration_slug'?: string | null;
          'org_id'?: string | null;
          'reason'?: string | null;
          'series'?: string | null;
          'starts_at'?: string | null;
          'state'?: string | null;
        };
        Update: {
          'created_by_name'?: string | null;
          'cutoff_at'?: string | null;
          'ends_at'?: string | null;
          'held_alerts'?: number | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'integration_name'?: string | null;
          'integration_slug'?: string | null;
          'org_id'?: string | null;
          'reason'?: string | null;
          'series'?: string | null;
          'starts_at'?: string | null;
          'state'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'maintenance_windows_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'maintenance_windows_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'my_notifications': {
        Row: {
          'created_at': string;
          'id': number;
          'incident_id': number | null;
          'integration_id': string | null;
          'integration_name': string | null;
          'integration_slug': string | null;
          'kind': string;
          'notice': NonNullable<Json>;
          'org_id': string;
          'read_at': string | null;
          'severity': string;
        };
        ComputedFields: never;
        Insert: {
          'created_at'?: string | null;
          'id'?: number | null;
          'incident_id'?: number | null;
          'integration_id'?: string | null;
          'integration_name'?: string | null;
          'integration_slug'?: string | null;
          'kind'?: string | null;
          'notice'?: Json | null;
          'org_id'?: string | null;
          'read_at'?: string | null;
          'severity'?: string | null;
        };
        Update: {
          'created_at'?: string | null;
          'id'?: number | null;
          'incident_id'?: number | null;
          'integration_id'?: string | null;
          'integration_name'?: string | null;
          'integration_slug'?: string | null;
          'kind'?: string | null;
          'notice'?: Json | null;
          'org_id'?: string | null;
          'read_at'?: string | null;
          'severity'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'notifications_org_id_incident_id_fkey';
            columns: [
              'org_id',
              'incident_id'
            ];
            isOneToOne: false;
            referencedRelation: 'incidents';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'notifications_org_id_incident_id_fkey';
            columns: [
              'org_id',
              'incident_id'
            ];
            isOneToOne: false;
            referencedRelation: 'open_incidents';
            referencedColumns: [
              'org_id',
              'id'
            ];
          }
        ];
      };
      'my_organizations': {
        Row: {
          'approve_changes': boolean;
          'currency': string;
          'id': string;
          'locale': string;
          'member_name': string;
          'name': string;
          'next_cutoff': string | null;
          'other_approvers': number | null;
          'role': string;
          'server_now': string | null;
          'slug': string;
          'time_zone': string;
        };
        ComputedFields: never;
        Insert: {
          'approve_changes'?: boolean | null;
          'currency'?: string | null;
          'id'?: string | null;
          'locale'?: string | null;
          'member_name'?: string | null;
          'name'?: string | null;
          'next_cutoff'?: string | null;
          'other_approvers'?: number | null;
          'role'?: string | null;
          'server_now'?: string | null;
          'slug'?: string | null;
          'time_zone'?: string | null;
        };
        Update: {
          'approve_changes'?: boolean | null;
          'currency'?: string | null;
          'id'?: string | null;
          'locale'?: string | null;
          'member_name'?: string | null;
          'name'?: string | null;
          'next_cutoff'?: string | null;
          'other_approvers'?: number | null;
          'role'?: string | null;
          'server_now'?: string | null;
          'slug'?: string | null;
          'time_zone'?: string | null;
        };
        Relationships: [
        ];
      };
      'open_incidents': {
        Row: {
          'acknowledged_at': string | null;
          'acknowledged_by_name': string | null;
          'alarm': string;
          'assigned_to': string | null;
          'assigned_to_name': string | null;
          'evidence': Json | null;
          'id': number;
          'integration_id': string;
          'integration_name': string | null;
          'integration_slug': string | null;
          'opened_at': string;
          'org_id': string;
          'snooze_reason': string | null;
          'snoozed_by_name': string | null;
          'snoozed_until': string | null;
          'state': string;
          'subject': string;
          'urgency': string;
        };
        ComputedFields: never;
        Insert: {
          'acknowledged_at'?: string | null;
          'acknowledged_by_name'?: string | null;
          'alarm'?: string | null;
          'assigned_to'?: string | null;
          'assigned_to_name'?: string | null;
          'evidence'?: Json | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'integration_name'?: string | null;
          'integration_slug'?: string | null;
          'opened_at'?: string | null;
          'org_id'?: string | null;
          'snooze_reason'?: string | null;
          'snoozed_by_name'?: string | null;
          'snoozed_until'?: string | null;
          'state'?: string | null;
          'subject'?: string | null;
          'urgency'?: string | null;
        };
        Update: {
          'acknowledged_at'?: string | null;
          'acknowledged_by_name'?: string | null;
          'alarm'?: string | null;
          'assigned_to'?: string | null;
          'assigned_to_name'?: string | null;
          'evidence'?: Json | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'integration_name'?: string | null;
          'integration_slug'?: string | null;
          'opened_at'?: string | null;
          'org_id'?: string | null;
          'snooze_reason'?: string | null;
          'snoozed_by_name'?: string | null;
          'snoozed_until'?: string | null;
          'state'?: string | null;
          'subject'?: string | null;
          'urgency'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'incidents_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'incidents_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'incidents_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'overview': {
        Row: {
          'active_run': Json | null;
          'amounts_open': Json | null;
          'asked_retries': number | null;
          'calendar': Json | null;
          'check_error': string | null;
          'check_warnings': (string)[];
          'checked_as': string | null;
          'checked_at': string | null;
          'credential_expires_at': string | null;
          'credential_keys': (string)[];
          'credential_set_at': string | null;
          'data_as_of': string | null;
          'direction': string;
          'enabled': boolean;
          'evaluated_at': string | null;
          'every_minutes': number | null;
          'findings': Json | null;
          'health': string;
          'health_since': string;
          'integration_id': string;
          'last_run': Json | null;
          'last_success_at': string | null;
          'monitor_late': boolean | null;
          'name': string;
          'next_due_at': string;
          'next_retry_at': string | null;
          'open_accepted': number | null;
          'open_dead': number | null;
          'open_failed': number | null;
          'open_queued': number | null;
          'open_retrying': number | null;
          'open_uncertain': number | null;
          'org_id': string;
          'reason': Json | null;
          'recent_runs': Json | null;
          'slug': string;
          'system': string;
          'week': string | null;
        };
        ComputedFields: never;
        Insert: {
          'active_run'?: Json | null;
          'amounts_open'?: Json | null;
          'asked_retries'?: number | null;
          'calendar'?: Json | null;
          'check_error'?: string | null;
          'check_warnings'?: (string)[] | null;
          'checked_as'?: string | null;
          'checked_at'?: string | null;
          'credential_expires_at'?: string | null;
          'credential_keys'?: (string)[] | null;
          'credential_set_at'?: string | null;
          'data_as_of'?: string | null;
          'direction'?: string | null;
          'enabled'?: boolean | null;
          'evaluated_at'?: string | null;
          'every_minutes'?: number | null;
          'findings'?: Json | null;
          'health'?: string | null;
          'health_since'?: string | null;
          'integration_id'?: string | null;
          'last_run'?: Json | null;
          'last_success_at'?: string | null;
          'monitor_late'?: boolean | null;
          'name'?: string | null;
          'next_due_at'?: string | null;
          'next_retry_at'?: string | null;
          'open_accepted'?: number | null;
          'open_dead'?: number | null;
          'open_failed'?: number | null;
          'open_queued'?: number | null;
          'open_retrying'?: number | null;
          'open_uncertain'?: number | null;
          'org_id'?: string | null;
          'reason'?: Json | null;
          'recent_runs'?: Json | null;
          'slug'?: string | null;
          'system'?: string | null;
          'week'?: string | null;
        };
        Update: {
          'active_run'?: Json | null;
          'amounts_open'?: Json | null;
          'asked_retries'?: number | null;
          'calendar'?: Json | null;
          'check_error'?: string | null;
          'check_warnings'?: (string)[] | null;
          'checked_as'?: string | null;
          'checked_at'?: string | null;
          'credential_expires_at'?: string | null;
          'credential_keys'?: (string)[] | null;
          'credential_set_at'?: string | null;
          'data_as_of'?: string | null;
          'direction'?: string | null;
          'enabled'?: boolean | null;
          'evaluated_at'?: string | null;
          'every_minutes'?: number | null;
          'findings'?: Json | null;
          'health'?: string | null;
          'health_since'?: string | null;
          'integration_id'?: string | null;
          'last_run'?: Json | null;
          'last_success_at'?: string | null;
          'monitor_late'?: boolean | null;
          'name'?: string | null;
          'next_due_at'?: string | null;
          'next_retry_at'?: string | null;
          'open_accepted'?: number | null;
          'open_dead'?: number | null;
          'open_failed'?: number | null;
          'open_queued'?: number | null;
          'open_retrying'?: number | null;
          'open_uncertain'?: number | null;
          'org_id'?: string | null;
          'reason'?: Json | null;
          'recent_runs'?: Json | null;
          'slug'?: string | null;
          'system'?: string | null;
          'week'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'integrations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'my_organizations';
            referencedColumns: [
              'id'
            ];
          },
          {
            foreignKeyName: 'integrations_org_id_fkey';
            columns: [
              'org_id'
            ];
            isOneToOne: false;
            referencedRelation: 'organizations';
            referencedColumns: [
              'id'
            ];
          }
        ];
      };
      'retry_progress': {
        Row: {
          'approved_at': string | null;
          'approved_by_name': string | null;
          'cause_id': number | null;
          'edited': boolean | null;
          'ended_by_name': string | null;
          'ended_by_person': boolean | null;
          'ended_reason': string | null;
          'exported': number | null;
          'failed': number | null;
          'id': number;
          'integration_id': string;
          'is_own': boolean | null;
          'mapping': Json | null;
          'org_id': string;
          'records': number;
          'refused': Json | null;
          'remaining': number | null;
          'requested_at': string;
          'requested_by_name': string | null;
          'resume_at': string | null;
          'run_id': number | null;
          'scope': string;
          'state': string;
        };
        ComputedFields: never;
        Insert: {
          'approved_at'?: string | null;
          'approved_by_name'?: string | null;
          'cause_id'?: number | null;
          'edited'?: boolean | null;
          'ended_by_name'?: string | null;
          'ended_by_person'?: boolean | null;
          'ended_reason'?: string | null;
          'exported'?: number | null;
          'failed'?: number | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'is_own'?: boolean | null;
          'mapping'?: Json | null;
          'org_id'?: string | null;
          'records'?: number | null;
          'refused'?: Json | null;
          'remaining'?: number | null;
          'requested_at'?: string | null;
          'requested_by_name'?: string | null;
          'resume_at'?: string | null;
          'run_id'?: number | null;
          'scope'?: string | null;
          'state'?: string | null;
        };
        Update: {
          'approved_at'?: string | null;
          'approved_by_name'?: string | null;
          'cause_id'?: number | null;
          'edited'?: boolean | null;
          'ended_by_name'?: string | null;
          'ended_by_person'?: boolean | null;
          'ended_reason'?: string | null;
          'exported'?: number | null;
          'failed'?: number | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'is_own'?: boolean | null;
          'mapping'?: Json | null;
          'org_id'?: string | null;
          'records'?: number | null;
          'refused'?: Json | null;
          'remaining'?: number | null;
          'requested_at'?: string | null;
          'requested_by_name'?: string | null;
          'resume_at'?: string | null;
          'run_id'?: number | null;
          'scope'?: string | null;
          'state'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'retries_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'retries_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'retries_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'run_history': {
        Row: {
          'accepted': number;
          'due_at': string;
          'duration_ms': number | null;
          'error_category': string | null;
          'error_code': string | null;
          'error_field': string | null;
          'error_message': string | null;
          'error_status': number | null;
          'exported': number;
          'failed': number;
          'finished_at': string | null;
          'id': number;
          'integration_id': string;
          'org_id': string;
          'requested_by_name': string | null;
          'retry_id': number | null;
          'retrying': number;
          'selected': number;
          'skipped': number;
          'slices': number;
          'started_at': string | null;
          'status': string;
          'trigger': string;
          'uncertain': number;
        };
        ComputedFields: never;
        Insert: {
          'accepted'?: number | null;
          'due_at'?: string | null;
          'duration_ms'?: number | null;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'exported'?: number | null;
          'failed'?: number | null;
          'finished_at'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'org_id'?: string | null;
          'requested_by_name'?: string | null;
          'retry_id'?: number | null;
          'retrying'?: number | null;
          'selected'?: number | null;
          'skipped'?: number | null;
          'slices'?: number | null;
          'started_at'?: string | null;
          'status'?: string | null;
          'trigger'?: string | null;
          'uncertain'?: number | null;
        };
        Update: {
          'accepted'?: number | null;
          'due_at'?: string | null;
          'duration_ms'?: number | null;
          'error_category'?: string | null;
          'error_code'?: string | null;
          'error_field'?: string | null;
          'error_message'?: string | null;
          'error_status'?: number | null;
          'exported'?: number | null;
          'failed'?: number | null;
          'finished_at'?: string | null;
          'id'?: number | null;
          'integration_id'?: string | null;
          'org_id'?: string | null;
          'requested_by_name'?: string | null;
          'retry_id'?: number | null;
          'retrying'?: number | null;
          'selected'?: number | null;
          'skipped'?: number | null;
          'slices'?: number | null;
          'started_at'?: string | null;
          'status'?: string | null;
          'trigger'?: string | null;
          'uncertain'?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'runs_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_retry_id_fkey';
            columns: [
              'org_id',
              'retry_id'
            ];
            isOneToOne: false;
            referencedRelation: 'retries';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'runs_org_id_retry_id_fkey';
            columns: [
              'org_id',
              'retry_id'
            ];
            isOneToOne: false;
            referencedRelation: 'retry_progress';
            referencedColumns: [
              'org_id',
              'id'
            ];
          }
        ];
      };
      'signal_overview': {
        Row: {
          'about': string;
          'at': string;
          'critical': number | null;
          'days': Json | null;
          'integration_id': string;
          'is_floor': boolean;
          'name': string;
          'org_id': string;
          'past': string | null;
          'past_since': string | null;
          'unit': string;
          'value': number;
          'warning': number | null;
        };
        ComputedFields: never;
        Insert: {
          'about'?: string | null;
          'at'?: string | null;
          'critical'?: number | null;
          'days'?: Json | null;
          'integration_id'?: string | null;
          'is_floor'?: boolean | null;
          'name'?: string | null;
          'org_id'?: string | null;
          'past'?: string | null;
          'past_since'?: string | null;
          'unit'?: string | null;
          'value'?: number | null;
          'warning'?: number | null;
        };
        Update: {
          'about'?: string | null;
          'at'?: string | null;
          'critical'?: number | null;
          'days'?: Json | null;
          'integration_id'?: string | null;
          'is_floor'?: boolean | null;
          'name'?: string | null;
          'org_id'?: string | null;
          'past'?: string | null;
          'past_since'?: string | null;
          'unit'?: string | null;
          'value'?: number | null;
          'warning'?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'signals_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'signals_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'signals_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
      'stream_overview': {
        Row: {
          'as_of': string | null;
          'critical_after_minutes': number | null;
          'cursor': string | null;
          'cursor_at': string | null;
          'drift': NonNullable<Json>;
          'integration_id': string;
          'is_active': boolean;
          'is_done': boolean;
          'lag_minutes': number | null;
          'late_after_minutes': number | null;
          'learned_at': string | null;
          'org_id': string;
          'page_at': string | null;
          'page_rows': number | null;
          'rows': number;
          'run_id': number | null;
          'stream': string;
        };
        ComputedFields: never;
        Insert: {
          'as_of'?: string | null;
          'critical_after_minutes'?: number | null;
          'cursor'?: string | null;
          'cursor_at'?: string | null;
          'drift'?: Json | null;
          'integration_id'?: string | null;
          'is_active'?: boolean | null;
          'is_done'?: boolean | null;
          'lag_minutes'?: number | null;
          'late_after_minutes'?: number | null;
          'learned_at'?: string | null;
          'org_id'?: string | null;
          'page_at'?: string | null;
          'page_rows'?: number | null;
          'rows'?: number | null;
          'run_id'?: number | null;
          'stream'?: string | null;
        };
        Update: {
          'as_of'?: string | null;
          'critical_after_minutes'?: number | null;
          'cursor'?: string | null;
          'cursor_at'?: string | null;
          'drift'?: Json | null;
          'integration_id'?: string | null;
          'is_active'?: boolean | null;
          'is_done'?: boolean | null;
          'lag_minutes'?: number | null;
          'late_after_minutes'?: number | null;
          'learned_at'?: string | null;
          'org_id'?: string | null;
          'page_at'?: string | null;
          'page_rows'?: number | null;
          'rows'?: number | null;
          'run_id'?: number | null;
          'stream'?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'streams_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'configuration';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          },
          {
            foreignKeyName: 'streams_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'integrations';
            referencedColumns: [
              'org_id',
              'id'
            ];
          },
          {
            foreignKeyName: 'streams_org_id_integration_id_fkey';
            columns: [
              'org_id',
              'integration_id'
            ];
            isOneToOne: false;
            referencedRelation: 'overview';
            referencedColumns: [
              'org_id',
              'integration_id'
            ];
          }
        ];
      };
    };
    Functions: {
      'accept_invitation': {
        Args: {
          'org': string;
        };
        Returns: string;
      };
      'accept_shape': {
        Args: {
          'integration': string;
          'org': string;
          'stream': string;
        };
        Returns: number;
      };
      'acknowledge_incident': {
        Args: {
          'acknowledged'?: boolean;
          'incident': number;
          'org': string;
          'reason'?: string;
        };
        Returns: undefined;
      };
      'add_maintenance': {
        Args: {
          'ends'?: string;
          'integration'?: string;
          'minutes'?: number;
          'org': string;
          'reason': string;
          'starts'?: string;
          'weekly_until'?: string;
        };
        Returns: number;
      };
      'approve_retry': {
        Args: {
          'org': string;
          'retry': number;
        };
        Returns: Json;
      };
      'assign_incident': {
        Args: {
          'incident': number;
          'member'?: string;
          'org': string;
          'reason'?: string;
        };
        Returns: undefined;
      };
      'begin_slice': {
        Args: {
          'at'?: string;
          'dedupe': string;
          'org': string;
          'run': number;
          'settles_within_seconds': number;
        };
        Returns: Json;
      };
      'begin_streams': {
        Args: {
          'at'?: string;
          'names': (string)[];
          'org': string;
          'run': number;
          'token': string;
        };
        Returns: Json;
      };
      'changed_grant_records': {
        Args: {
          'org': string;
          'report': number;
        };
        Returns: {
          'after': Json;
          'before': Json;
          'change': string;
          'record_id': number;
          'slug': string;
          'source_id': string;
        }[];
      };
      'chart_runs': {
        Args: {
          'at'?: string;
          'days'?: number;
          'integration': string;
          'org': string;
          'since'?: string;
          'until'?: string;
        };
        Returns: {
          'active_runs': number;
          'began': string;
          'began_at': string;
          'changes': number;
          'ended': string;
          'ended_at': string;
          'failed': number;
          'failed_runs': number;
          'in_maintenance': boolean;
          'longest_ms': number;
          'read': number;
          'retries': number;
          'runs': number;
          'sent': number;
          'typical_ms': number;
        }[];
      };
      'check_now': {
        Args: {
          'integration': string;
          'org': string;
        };
        Returns: Json;
      };
      'claim_deliveries': {
        Args: {
          'at'?: string;
          'batch': number;
          'sender'?: string;
        };
        Returns: {
          'address': string;
          'attempt': number;
          'batch_id': string;
          'channel': string;
          'delivery_id': string;
          'frozen': Json;
          'locale': string;
          'notice': Json;
          'org_id': string;
          'token': string;
        }[];
      };
      'claim_records': {
        Args: {
          'at'?: string;
          'batch': number;
          'org': string;
          'run': number;
          'states': (string)[];
          'token': string;
        };
        Returns: Database['public']['CompositeTypes']['claimed_record'][];
        SetofOptions: {
          from: '*';
          to: 'claimed_record';
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      'clear_cursor': {
        Args: {
          'integration': string;
          'org': string;
          'reason': string;
          'stream': string;
        };
        Returns: number;
      };
      'completeness': {
        Args: {
          'first_day': string;
          'last_day': string;
          'org': string;
        };
        Returns: {
          'counts': Json;
          'fingerprint': string;
          'integration_id': string;
          'lines': Json;
          'signature': Json;
        }[];
      };
      'decide_uncertain': {
        Args: {
          'landed': boolean;
          'org': string;
          'reason': string;
          'record': number;
        };
        Returns: string;
      };
      'decline_retry': {
        Args: {
          'org': string;
          'reason': string;
          'retry': number;
        };
        Returns: undefined;
      };
      'dismiss_matching': {
        Args: {
          'cause'?: number;
          'integration': string;
          'org': string;
          'reason': string;
          'run'?: number;
          'state'?: string;
        };
        Returns: Json;
      };
      'dismiss_records': {
        Args: {
          'org': string;
          'reason': string;
          'records': (number)[];
        };
        Returns: number;
      };
      'edit_record': {
        Args: {
          'amount'?: string;
          'changes': Json;
          'currency'?: string;
          'occurred_on'?: string;
          'org': string;
          'record': number;
          'version': number;
        };
        Returns: Json;
      };
      'end_maintenance': {
        Args: {
          'maintenance_window': number;
          'org': string;
          'series'?: boolean;
        };
        Returns: string;
      };
      'end_slice': {
        Args: {
          'at'?: string;
          'cpu_ms': number;
          'error': Json;
          'more': boolean;
          'org': string;
          'resume_after_seconds': number;
          'run': number;
          'token': string;
          'wall_ms': number;
        };
        Returns: undefined;
      };
      'enter_webhook': {
        Args: {
          'at'?: string;
          'integration': string;
          'org': string;
          'secret': string;
        };
        Returns: Json;
      };
      'excluded_records': {
        Args: {
          'first_day': string;
          'integration': string;
          'last_day': string;
          'org': string;
        };
        Returns: {
          'amount': string;
          'currency': string;
          'excluded_at': string;
          'excluded_by': string;
          'label': string;
          'reason': string;
          'record_id': number;
          'source_id': string;
        }[];
      };
      'freeze_deliveries': {
        Args: {
          'letters': Json;
        };
        Returns: {
          'delivery_id': string;
          'frozen': Json;
        }[];
      };
      'grant_records': {
        Args: {
          'first_day': string;
          'integrations'?: (string)[];
          'last_day': string;
          'org': string;
          'template': Json;
        };
        Returns: Json;
      };
      'hand_in': {
        Args: {
          'at'?: string;
          'integration': string;
          'org': string;
          'records': Json;
        };
        Returns: Json;
      };
      'hand_in_grant_report': {
        Args: {
          'csv': string;
          'fields': Json;
          'fingerprint': string;
          'first_day': string;
          'handed_in_on': string;
          'integrations': (string)[];
          'last_day': string;
          'org': string;
          'reference'?: string;
          'template': Json;
          'xlsx': string;
        };
        Returns: number;
      };
      'invite_member': {
        Args: {
          'email': string;
          'name': string;
          'org': string;
          'role': string;
        };
        Returns: number;
      };
      'kept_grant_report': {
        Args: {
          'org': string;
          'report': number;
        };
        Returns: Json;
      };
      'list_grant_reports': {
        Args: {
          'org': string;
        };
        Returns: {
          'changed': boolean;
          'csv_sha256': string;
          'fields': Json;
          'first_day': string;
          'handed_in_at': string;
          'handed_in_name': string;
          'handed_in_on': string;
          'id': number;
          'integrations': (string)[];
          'last_day': string;
          'reference': string;
          'scheme': string;
          'totals': Json;
          'unlock_reason': string;
          'unlocked_at': string;
          'unlocked_name': string;
          'version': string;
          'xlsx_sha256': string;
        }[];
      };
      'list_history': {
        Args: {
          'at'?: string;
          'before'?: string;
          'before_key'?: string;
          'days'?: number;
          'folded'?: boolean;
          'integration': string;
          'kinds'?: (string)[];
          'org': string;
          'since'?: string;
          'size'?: number;
          'until'?: string;
        };
        Returns: {
          'detail': Json;
          'first_at': string;
          'first_key': string;
          'happened_at': string;
          'key': string;
          'kind': string;
        }[];
      };
      'list_members': {
        Args: {
          'org': string;
        };
        Returns: {
          'created_at': string;
          'email': string;
          'is_me': boolean;
          'locale': string;
          'name': string;
          'role': string;
          'told': boolean;
          'user_id': string;
        }[];
      };
      'mark_read': {
        Args: {
          'notifications'?: (number)[];
          'org': string;
        };
        Returns: number;
      };
      'open_webhook': {
        Args: {
          'integration': string;
          'org': string;
        };
        Returns: string;
      };
      'period_report': {
        Args: {
          'at'?: string;
          'first_day': string;
          'last_day': string;
          'org': string;
        };
        Returns: {
          'amounts': Json;
          'detect_seconds': number;
          'exported': number;
          'failed_runs': number;
          'fix_seconds': number;
          'incidents': number;
          'integration_id': string;
          'name': string;
          'open_incidents': number;
          'red_seconds': number;
          'refused': number;
          'runs': number;
          'slug': string;
          'system': string;
        }[];
      };
      'preview_maintenance': {
        Args: {
          'ends': string;
          'org': string;
          'starts'?: string;
          'weekly_until'?: string;
        };
        Returns: Json;
      };
      'preview_retry': {
        Args: {
          'cause'?: number;
          'corrections'?: Json;
          'integration': string;
          'most'?: number;
          'org': string;
          'records'?: (number)[];
          'retry'?: number;
          'run'?: number;
          'scope'?: string;
          'state'?: string;
        };
        Returns: Json;
      };
      'preview_schedule': {
        Args: {
          'calendar'?: Json;
          'every_minutes'?: number;
          'first_run'?: string;
          'integration': string;
          'org': string;
        };
        Returns: (string)[];
      };
      'read_webhook': {
        Args: {
          'integration': string;
          'org': string;
          'secret': string;
        };
        Returns: Json;
      };
      'record_check': {
        Args: {
          'at'?: string;
          'error': string;
          'org': string;
          'result': Json;
          'run': number;
          'token': string;
        };
        Returns: undefined;
      };
      'record_signals': {
        Args: {
          'at'?: string;
          'error': string;
          'measured': Json;
          'org': string;
          'run': number;
          'token': string;
        };
        Returns: undefined;
      };
      'remove_member': {
        Args: {
          'member': string;
          'org': string;
          'was': string;
        };
        Returns: undefined;
      };
      'renew_credential': {
        Args: {
          'at'?: string;
          'becomes': Json;
          'org': string;
          'run': number;
          'token': string;
          'was': Json;
        };
        Returns: Json;
      };
      'restore_records': {
        Args: {
          'org': string;
          'records': (number)[];
        };
        Returns: number;
      };
      'retry_failed': {
        Args: {
          'canary'?: boolean;
          'cause'?: number;
          'corrections'?: Json;
          'field'?: string;
          'from_value'?: string;
          'integration': string;
          'org': string;
          'records'?: (number)[];
          'run'?: number;
          'scope'?: string;
          'state'?: string;
          'to_value'?: string;
        };
        Returns: Json;
      };
      'send_test': {
        Args: {
          'channel': string;
          'org': string;
        };
        Returns: Json;
      };
      'set_approve_changes': {
        Args: {
          'org': string;
          'reason'?: string;
          'required': boolean;
        };
        Returns: undefined;
      };
      'set_credential': {
        Args: {
          'credential': Json;
          'expires_at'?: string;
          'integration': string;
          'org': string;
        };
        Returns: undefined;
      };
      'set_enabled': {
        Args: {
          'enabled': boolean;
          'integration': string;
          'org': string;
          'reason'?: string;
        };
        Returns: undefined;
      };
      'set_notification': {
        Args: {
          'channel': string;
          'enabled': boolean;
          'event': string;
          'org': string;
        };
        Returns: undefined;
      };
      'set_role': {
        Args: {
          'becomes': string;
          'member': string;
          'org': string;
          'was': string;
        };
        Returns: undefined;
      };
      'settle_and_claim': {
        Args: {
          'at'?: string;
          'batch': number;
          'org': string;
          'outcomes': Json;
          'run': number;
          'states': (string)[];
          'token': string;
        };
        Returns: Database['public']['CompositeTypes']['claimed_record'][];
        SetofOptions: {
          from: '*';
          to: 'claimed_record';
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      'settle_deliveries': {
        Args: {
          'at'?: string;
          'outcomes': Json;
        };
        Returns: number;
      };
      'settle_records': {
        Args: {
          'at'?: string;
          'org': string;
          'outcomes': Json;
          'run': number;
          'token': string;
        };
        Returns: undefined;
      };
      'sign_statement': {
        Args: {
          'fingerprint': string;
          'first_day': string;
          'integration': string;
          'last_day': string;
          'note'?: string;
          'org': string;
        };
        Returns: number;
      };
      'snooze_incident': {
        Args: {
          'incident': number;
          'minutes'?: number;
          'org': string;
          'reason'?: string;
        };
        Returns: string;
      };
      'stop_retry': {
        Args: {
          'org': string;
          'retry': number;
        };
        Returns: Json;
      };
      'store_page': {
        Args: {
          'after': string;
          'at'?: string;
          'cursor': string;
          'more': boolean;
          'org': string;
          'records': Json;
          'run': number;
          'shape': Json;
          'stream': string;
          'token': string;
        };
        Returns: Json;
      };
      'store_webhook': {
        Args: {
          'at'?: string;
          'call_id': string;
          'integration': string;
          'org': string;
          'records': Json;
          'secret': string;
          'shape': Json;
          'stream': string;
        };
        Returns: Json;
      };
      'sync_now': {
        Args: {
          'integration': string;
          'org': string;
        };
        Returns: Json;
      };
      'tell_dedupe': {
        Args: {
          'at'?: string;
          'dedupe': string;
          'org': string;
          'run': number;
          'settles_within_seconds': number;
          'token': string;
        };
        Returns: undefined;
      };
      'unlock_grant_report': {
        Args: {
          'org': string;
          'reason': string;
          'report': number;
        };
        Returns: undefined;
      };
      'update_integration': {
        Args: {
          'changes': Json;
          'expected': string;
          'integration': string;
          'org': string;
        };
        Returns: Json;
      };
      'withdraw_invitation': {
        Args: {
          'invitation': number;
          'org': string;
        };
        Returns: undefined;
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      'claimed_record': {
        'id': number | null;
        'key': string | null;
        'source_type': string | null;
        'source_id': string | null;
        'version': number | null;
        'payload': Json | null;
        'amount': string | null;
        'currency': string | null;
        'occurred_on': string | null;
        'external_id': string | null;
        'exported_version': number | null;
        'attempts': number | null;
        'claimed_from': string | null;
      };
    };
  };
};
type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;
type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, 'public'>];
export type Tables<DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views']) | {
  schema: keyof DatabaseWithoutInternals;
}, TableName extends DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views']) : never = never> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])[TableName] extends {
  Row: infer R;
} ? R : never : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views']) ? (DefaultSchema['Tables'] & DefaultSchema['Views'])[DefaultSchemaTableNameOrOptions] extends {
  Row: infer R;
} ? R : never : never;
export type TablesInsert<DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | {
  schema: keyof DatabaseWithoutInternals;
}, TableName extends DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] : never = never> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
  Insert: infer I;
} ? I : never : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
  Insert: infer I;
} ? I : never : never;
export type TablesUpdate<DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | {
  schema: keyof DatabaseWithoutInternals;
}, TableName extends DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] : never = never> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
  Update: infer U;
} ? U : never : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
  Update: infer U;
} ? U : never : never;
export type Enums<DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums'] | {
  schema: keyof DatabaseWithoutInternals;
}, EnumName extends DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'] : never = never> = DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'][EnumName] : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums'] ? DefaultSchema['Enums'][DefaultSchemaEnumNameOrOptions] : never;
export type CompositeTypes<PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes'] | {
  schema: keyof DatabaseWithoutInternals;
}, CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'] : never = never> = PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'][CompositeTypeName] : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes'] ? DefaultSchema['CompositeTypes'][PublicCompositeTypeNameOrOptions] : never;
export const Constants = {
  'public': {
    Enums: {}
  }
} as const;

import { byCode } from './by-code.ts';
import type { CodeTable } from './by-code.ts';
import type { Answer, Fault, SystemReader } from './types.ts';

/**
 * Slack answers 200 with `{ ok: false, error: 'code' }`, now and then with sentences beside it; a webhook answers with the bare code
 * as text.
 * @see https://docs.slack.dev/reference/methods/chat.postMessage#errors
 */
export const slack: SystemReader = {
  read(answer: Answer): Fault[] | null {
    const code = answer.kind === 'text' && /^[a-z]+(?:_[a-z0-9]+)+$/.test(answer.text) ? answer.text : null;
    return code === null ? null : [{ message: code, code, field: null, status: null }];
  },
  refine(fault: Fault): Partial<Fault> {
    return byCode(CODES, fault.code);
  },
};

const CODES: CodeTable = [
  [/^(?:rate_?limited|message_limit_exceeded|rollup_error)$/, 'rate_limit'],
  [/^(?:invalid_auth|not_authed|account_inactive|token_(?:expired|revoked)|org_login_required|two_factor_setup_required|invalid_token)$/, 'auth'],
  [/^(?:invalid_client_id|bad_client_secret|invalid_code|invalid_refresh_token|invalid_grant)$/, 'auth'],
  [/^(?:no_permission|missing_scope|access_denied|accesslimited|ekm_access_denied|team_access_not_granted|not_allowed_token_type)$/, 'permission'],
  [/^(?:not_in_channel|restricted_action\w*|action_prohibited|posting_to_\w+_denied|messages_tab_disabled|enterprise_is_restricted)$/, 'permission'],
  [/^(?:cant_(?:update|delete)_message|no_dual_broadcast_content_update|user_is_(?:restricted|ultra_restricted)|feature_not_enabled|paid_only)$/, 'permission'],
  [/_not_found$|^(?:no_service|no_service_id|no_active_hooks|no_team|users_not_found)$/, 'not_found'],
  [/^(?:is_archived|channel_is_archived|name_taken|already_\w+|duplicate_\w+|edit_window_closed|not_archived)$/, 'conflict'],
  [/^(?:invalid_json|json_not_object|invalid_payload|invalid_form_data|invalid_array_arg|invalid_arg_name|invalid_charset)$/, 'schema'],
  [/^(?:invalid_post_type|missing_post_type|unknown_method|method_deprecated|deprecated_endpoint|invalid_blocks_format|method_not_supported\w*)$/, 'schema'],
  [/^(?:fatal_error|internal_error|service_unavailable|team_added_to_org|external_channel_migrating)$/, 'server', true],
  [/^request_timeout$/, 'timeout'],
];

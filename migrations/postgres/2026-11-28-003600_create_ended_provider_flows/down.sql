DROP TABLE auth.ended_provider_flows;

DROP TABLE ended_provider_flows;

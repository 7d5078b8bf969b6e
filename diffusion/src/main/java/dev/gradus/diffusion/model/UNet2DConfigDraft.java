package dev.gradus.diffusion.model;

import java.util.List;

/** The components of a {@link UNet2DConfig} while they are being changed; see there for their meaning. */
public final class UNet2DConfigDraft {
    public int sampleSize;
    public int inChannels;
    public int outChannels;
    public boolean centerInputSample;
    public int freqShift;
    public boolean flipSinToCos;
    public List<String> downBlockTypes;
    public List<String> upBlockTypes;
    public List<Integer> blockOutChannels;
    public int layersPerBlock;
    public int downsamplePadding;
    public double dropout;
    public Integer attentionHeadDim;
    public int normNumGroups;
    public double normEps;
    public UNet2DConfig.TimeScaleShift resnetTimeScaleShift;
    public boolean addAttention;
    public Integer numClassEmbeds;
    public boolean nullClassEmbed;
    public Integer crossAttentionDim;
    public int numAttentionHeads;

    UNet2DConfigDraft(UNet2DConfig config) {
        sampleSize = config.sampleSize();
        inChannels = config.inChannels();
        outChannels = config.outChannels();
        centerInputSample = config.centerInputSample();
        freqShift = config.freqShift();
        flipSinToCos = config.flipSinToCos();
        downBlockTypes = config.downBlockTypes();
        upBlockTypes = config.upBlockTypes();
        blockOutChannels = config.blockOutChannels();
        layersPerBlock = config.layersPerBlock();
        downsamplePadding = config.downsamplePadding();
        dropout = config.dropout();
        attentionHeadDim = config.attentionHeadDim();
        normNumGroups = config.normNumGroups();
        normEps = config.normEps();
        resnetTimeScaleShift = config.resnetTimeScaleShift();
        addAttention = config.addAttention();
        numClassEmbeds = config.numClassEmbeds();
        nullClassEmbed = config.nullClassEmbed();
        crossAttentionDim = config.crossAttentionDim();
        numAttentionHeads = config.numAttentionHeads();
    }

    UNet2DConfig build() {
        return new UNet2DConfig(
                sampleSize,
                inChannels,
                outChannels,
                centerInputSample,
                freqShift,
                flipSinToCos,
                downBlockTypes,
                upBlockTypes,
                blockOutChannels,
                layersPerBlock,
                downsamplePadding,
                dropout,
                attentionHeadDim,
                normNumGroups,
                normEps,
                resnetTimeScaleShift,
                addAttention,
                numClassEmbeds,
                nullClassEmbed,
                crossAttentionDim,
                numAttentionHeads);
    }
}
